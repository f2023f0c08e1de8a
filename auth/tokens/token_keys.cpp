// Keys against which signed tokens are verified.
#include "auth/tokens/token_keys.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <utility>

#include "auth/tokens/json.h"
#include "lib/base/ascii.h"
#include "lib/base/file.h"

namespace posthouse::auth {
namespace {

constexpr int min_rsa_bits = 2048;  // RFC 7518 §3.3
constexpr int max_rsa_bits = 8192;  // what a verification may cost
constexpr std::size_t min_secret = 32;
constexpr std::size_t p256_coordinate = 32;

struct Free {
    void operator()(BIO* p) const { BIO_free(p); }
    void operator()(X509* p) const { X509_free(p); }
    void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
    void operator()(EVP_PKEY_CTX* p) const { EVP_PKEY_CTX_free(p); }
    void operator()(EVP_MD_CTX* p) const { EVP_MD_CTX_free(p); }
    void operator()(OSSL_PARAM_BLD* p) const { OSSL_PARAM_BLD_free(p); }
    void operator()(OSSL_PARAM* p) const { OSSL_PARAM_free(p); }
    void operator()(BIGNUM* p) const { BN_free(p); }
    void operator()(ECDSA_SIG* p) const { ECDSA_SIG_free(p); }
};
template <typename T>
using Owned = std::unique_ptr<T, Free>;

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

Owned<BIO> memory(std::string_view text) {
    return Owned<BIO>(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

Owned<BIGNUM> number(std::string_view bytes) {
    return Owned<BIGNUM>(BN_bin2bn(bytes_of(bytes), static_cast<int>(bytes.size()), nullptr));
}

/// Nobody is asked on a terminal.
int no_pass_phrase(char*, int, int, void*) { return -1; }

/// What a public key may be used for; nullopt: nothing.
std::optional<JwtAlgorithm> algorithm_of(EVP_PKEY* key) {
    switch (EVP_PKEY_get_base_id(key)) {
        case EVP_PKEY_RSA: {
            const int bits = EVP_PKEY_get_bits(key);
            return bits >= min_rsa_bits && bits <= max_rsa_bits ? std::optional(JwtAlgorithm::rs256) : std::nullopt;
        }
        case EVP_PKEY_EC: {
            std::array<char, 64> group{};
            if (EVP_PKEY_get_group_name(key, group.data(), group.size(), nullptr) != 1) return std::nullopt;
            return std::string_view(group.data()) == SN_X9_62_prime256v1 ? std::optional(JwtAlgorithm::es256)
                                                                         : std::nullopt;
        }
        case EVP_PKEY_ED25519: return JwtAlgorithm::eddsa;
        default: return std::nullopt;
    }
}

Owned<EVP_PKEY> make_key(const char* type, OSSL_PARAM_BLD* builder) {
    const Owned<OSSL_PARAM> parameters(OSSL_PARAM_BLD_to_param(builder));
    const Owned<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
    EVP_PKEY* key = nullptr;
    if (!parameters || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
        EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1)
        return nullptr;
    return Owned<EVP_PKEY>(key);
}

/// The decoded member of a JWK; empty: there is none.
std::string bytes_in(const nlohmann::json& jwk, const char* member) {
    std::string text = text_of(jwk, member);
    std::optional<std::string> bytes = decode_base64url(text);
    wipe(text);
    return bytes ? std::move(*bytes) : std::string();
}

// RFC 7518 §6.3.1
Owned<EVP_PKEY> rsa_key(const nlohmann::json& jwk) {
    const Owned<BIGNUM> n = number(bytes_in(jwk, "n"));
    const Owned<BIGNUM> e = number(bytes_in(jwk, "e"));
    const Owned<OSSL_PARAM_BLD> builder(OSSL_PARAM_BLD_new());
    if (BN_num_bits(n.get()) > max_rsa_bits || BN_num_bits(e.get()) > 64) return nullptr;
    if (OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
        OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1)
        return nullptr;
    return make_key("RSA", builder.get());
}

// RFC 7518 §6.2.1
Owned<EVP_PKEY> p256_key(const nlohmann::json& jwk) {
    const std::string x = bytes_in(jwk, "x");
    const std::string y = bytes_in(jwk, "y");
    if (text_of(jwk, "crv") != "P-256" || x.size() != p256_coordinate || y.size() != p256_coordinate) return nullptr;
    const std::string point = '\4' + x + y;  // uncompressed
    const Owned<OSSL_PARAM_BLD> builder(OSSL_PARAM_BLD_new());
    if (OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, SN_X9_62_prime256v1, 0) != 1 ||
        OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) != 1)
        return nullptr;
    return make_key("EC", builder.get());
}

// RFC 8037 §2
Owned<EVP_PKEY> ed25519_key(const nlohmann::json& jwk) {
    const std::string x = bytes_in(jwk, "x");
    if (text_of(jwk, "crv") != "Ed25519") return nullptr;
    return Owned<EVP_PKEY>(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes_of(x), x.size()));
}

std::optional<TokenKey> read_jwk(const nlohmann::json& jwk) {
    if (!jwk.is_object()) return std::nullopt;
    const std::string use = text_of(jwk, "use");
    if (!use.empty() && use != "sig") return std::nullopt;
    TokenKey key;
    key.id = text_of(jwk, "kid");
    const std::string type = text_of(jwk, "kty");
    if (type == "oct") {
        std::string secret = bytes_in(jwk, "k");
        if (secret.size() < min_secret) {
            wipe(secret);
            return std::nullopt;
        }
        key.algorithm = JwtAlgorithm::hs256;
        key.secret = std::make_shared<const Secret>(std::move(secret));
    } else {
        Owned<EVP_PKEY> made = type == "RSA" ? rsa_key(jwk) : type == "EC" ? p256_key(jwk) : nullptr;
        if (type == "OKP") made = ed25519_key(jwk);
        const std::optional<JwtAlgorithm> algorithm = made ? algorithm_of(made.get()) : std::nullopt;
        if (!algorithm) return std::nullopt;
        key.algorithm = *algorithm;
        key.public_key = {made.release(), Free()};
    }
    const std::string said = text_of(jwk, "alg");
    if (!said.empty() && parse_jwt_algorithm(said) != key.algorithm) return std::nullopt;
    return key;
}

// RFC 7518 §3.4: R and S, 32 bytes each; OpenSSL wants them in DER.
std::optional<std::string> es256_in_der(std::string_view signature) {
    if (signature.size() != 2 * p256_coordinate) return std::nullopt;
    const Owned<ECDSA_SIG> pair(ECDSA_SIG_new());
    Owned<BIGNUM> r = number(signature.substr(0, p256_coordinate));
    Owned<BIGNUM> s = number(signature.substr(p256_coordinate));
    if (!pair || ECDSA_SIG_set0(pair.get(), r.get(), s.get()) != 1) return std::nullopt;
    (void)r.release();
    (void)s.release();
    unsigned char* der = nullptr;
    const int size = i2d_ECDSA_SIG(pair.get(), &der);
    if (size <= 0) return std::nullopt;
    std::string out(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
    OPENSSL_free(der);
    return out;
}

bool signed_with_secret(const Jwt& token, const Secret& secret) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    if (HMAC(EVP_sha256(), secret.view().data(), static_cast<int>(secret.view().size()), bytes_of(token.signed_),
             token.signed_.size(), digest.data(), &size) == nullptr)
        return false;
    return constant_time_equal({reinterpret_cast<const char*>(digest.data()), size}, token.signature);
}

bool signed_with(const Jwt& token, EVP_PKEY* key) {
    const bool es256 = token.algorithm == JwtAlgorithm::es256;
    const std::optional<std::string> signature = es256 ? es256_in_der(token.signature) : token.signature;
    if (!signature) return false;
    const Owned<EVP_MD_CTX> context(EVP_MD_CTX_new());
    const EVP_MD* digest = token.algorithm == JwtAlgorithm::eddsa ? nullptr : EVP_sha256();
    return context && EVP_DigestVerifyInit(context.get(), nullptr, digest, nullptr, key) == 1 &&
           EVP_DigestVerify(context.get(), bytes_of(*signature), signature->size(), bytes_of(token.signed_),
                            token.signed_.size()) == 1;
}

}  // namespace

Result<> TokenKeys::add(std::string_view text) {
    const Result<> added = ascii::trim(text).starts_with('{') ? add_jwks(text) : add_pem(text);
    ERR_clear_error();
    if (added && keys_.size() > max_token_keys) return fail(ErrorCode::limit, "More than 64 keys for tokens");
    return added;
}

Result<> TokenKeys::add_jwks(std::string_view text) {
    std::optional<nlohmann::json> set = parse_json_object(text);
    const auto keys = set ? set->find("keys") : nlohmann::json::iterator();
    if (!set || keys == set->end() || !keys->is_array()) return fail(ErrorCode::invalid, "no JWKS");
    const std::size_t before = keys_.size();
    for (nlohmann::json& jwk : *keys) {
        if (std::optional<TokenKey> key = read_jwk(jwk)) keys_.push_back(std::move(*key));
        if (jwk.is_object() && jwk.contains("k") && jwk["k"].is_string()) wipe(jwk["k"].get_ref<std::string&>());
    }
    if (keys_.size() == before) return fail(ErrorCode::invalid, "no key for RS256, ES256, EdDSA or HS256");
    return {};
}

Result<> TokenKeys::add_pem(std::string_view text) {
    Owned<EVP_PKEY> key(PEM_read_bio_PUBKEY(memory(text).get(), nullptr, no_pass_phrase, nullptr));
    if (!key) {
        const Owned<X509> certificate(PEM_read_bio_X509(memory(text).get(), nullptr, no_pass_phrase, nullptr));
        if (certificate) key.reset(X509_get_pubkey(certificate.get()));
    }
    if (!key) return fail(ErrorCode::invalid, "neither a public key in PEM form nor a JWKS");
    const std::optional<JwtAlgorithm> algorithm = algorithm_of(key.get());
    if (!algorithm) return fail(ErrorCode::invalid, "no key for RS256, ES256 or EdDSA");
    keys_.push_back({*algorithm, {}, {key.release(), Free()}, nullptr});
    return {};
}

Result<TokenKeys> TokenKeys::load(const std::string& path) {
    std::vector<std::string> files;
    std::error_code error;
    if (std::filesystem::is_directory(path, error)) {
        for (const auto& entry : std::filesystem::directory_iterator(path, error)) {
            if (entry.path().filename().string().starts_with('.')) continue;
            if (files.size() == max_token_keys) return fail(ErrorCode::limit, path + ": more than 64 files with keys");
            files.push_back(entry.path().string());
        }
        if (error) return fail(ErrorCode::io, path + " cannot be read", error.message());
        std::ranges::sort(files);
    } else {
        files.push_back(path);
    }
    TokenKeys keys;
    for (const std::string& file : files) {
        Result<std::string> text = read_file(file, max_key_file);
        if (!text) return fail(text.error());
        const Result<> added = keys.add(*text);
        wipe(*text);
        if (!added) return fail(added.error().code, file + ": " + added.error().text);
    }
    return keys;
}

Result<bool> TokenKeys::verify(const Jwt& token) const {
    bool known = false;
    for (const TokenKey& key : keys_) {
        if (key.algorithm != token.algorithm) continue;
        if (!token.key_id.empty() && !key.id.empty() && key.id != token.key_id) continue;
        known = true;
        const bool fits =
            key.secret ? signed_with_secret(token, *key.secret) : signed_with(token, key.public_key.get());
        ERR_clear_error();
        if (fits) return true;
    }
    if (!known) return fail(ErrorCode::not_found, "token: signed with a key that is not known");
    return false;
}

}  // namespace posthouse::auth
