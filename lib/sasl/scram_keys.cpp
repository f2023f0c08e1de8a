// The keys of SCRAM.
#include "lib/sasl/scram_keys.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <vector>

#include "lib/base/ascii.h"
#include "lib/base/base64.h"
#include "lib/base/secret.h"
#include "lib/sasl/saslprep.h"

namespace posthouse::sasl {
namespace {

const EVP_MD* digest_of(ScramHash hash) { return hash == ScramHash::sha_1 ? EVP_sha1() : EVP_sha256(); }

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

std::string hmac(ScramHash hash, std::string_view key, std::string_view message) {
    std::string out(scram_digest_size(hash), '\0');
    unsigned int size = 0;
    HMAC(digest_of(hash), key.data(), static_cast<int>(key.size()), bytes_of(message), message.size(),
         reinterpret_cast<unsigned char*>(out.data()), &size);
    return out;
}

std::string xored(std::string_view a, std::string_view b) {
    std::string out(a);
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<char>(out[i] ^ b[i]);
    return out;
}

}  // namespace

std::size_t scram_digest_size(ScramHash hash) { return hash == ScramHash::sha_1 ? 20 : 32; }

Result<std::string> scram_hi(ScramHash hash, std::string_view bytes, std::string_view salt, std::uint64_t iterations) {
    if (iterations == 0 || iterations > scram_max_iterations || salt.size() > scram_max_salt)
        return fail(ErrorCode::limit, "SCRAM keys cost too much");
    std::string out(scram_digest_size(hash), '\0');
    const int done = PKCS5_PBKDF2_HMAC(bytes.data(), static_cast<int>(bytes.size()), bytes_of(salt),
                                       static_cast<int>(salt.size()), static_cast<int>(iterations), digest_of(hash),
                                       static_cast<int>(out.size()), reinterpret_cast<unsigned char*>(out.data()));
    if (done != 1) return fail(ErrorCode::internal, "PBKDF2 failed");
    return out;
}

Result<std::string> scram_salted_password(ScramHash hash, std::string_view password, std::string_view salt,
                                          std::uint64_t iterations) {
    Result<std::string> prepared = saslprep(password);
    if (!prepared) return fail(prepared.error());
    Result<std::string> salted = scram_hi(hash, *prepared, salt, iterations);
    wipe(*prepared);
    return salted;
}

std::string scram_client_key(ScramHash hash, std::string_view salted_password) {
    return hmac(hash, salted_password, "Client Key");
}

std::string scram_stored_key(ScramHash hash, std::string_view client_key) {
    std::string out(scram_digest_size(hash), '\0');
    unsigned int size = 0;
    EVP_Digest(client_key.data(), client_key.size(), reinterpret_cast<unsigned char*>(out.data()), &size,
               digest_of(hash), nullptr);
    return out;
}

std::string scram_server_key(ScramHash hash, std::string_view salted_password) {
    return hmac(hash, salted_password, "Server Key");
}

std::string scram_signature(ScramHash hash, std::string_view key, std::string_view auth_message) {
    return hmac(hash, key, auth_message);
}

Result<ScramKeys> make_scram_keys(ScramHash hash, std::string_view password, std::string salt,
                                  std::uint64_t iterations) {
    Result<std::string> salted = scram_salted_password(hash, password, salt, iterations);
    if (!salted) return fail(salted.error());
    std::string client_key = scram_client_key(hash, *salted);
    ScramKeys keys{iterations, std::move(salt), scram_stored_key(hash, client_key), scram_server_key(hash, *salted)};
    wipe(client_key);
    wipe(*salted);
    return keys;
}

bool verify_scram_proof(ScramHash hash, std::string_view stored_key, std::string_view auth_message,
                        std::string_view proof) {
    if (proof.size() != scram_digest_size(hash)) return false;
    std::string client_key = xored(proof, scram_signature(hash, stored_key, auth_message));
    const bool right = constant_time_equal(scram_stored_key(hash, client_key), stored_key);
    wipe(client_key);
    return right;
}

std::optional<ScramKeys> parse_scram_keys(ScramHash hash, std::string_view text) {
    const std::vector<std::string_view> fields = ascii::split(text, ',');
    if (fields.size() != 4) return std::nullopt;
    const std::optional<std::uint64_t> iterations = ascii::parse_number(fields[0]);
    std::optional<std::string> salt = base64::decode(fields[1]);
    std::optional<std::string> stored_key = base64::decode(fields[2]);
    std::optional<std::string> server_key = base64::decode(fields[3]);
    if (!iterations || *iterations < scram_min_iterations || *iterations > scram_max_iterations) return std::nullopt;
    if (!salt || salt->empty() || salt->size() > scram_max_salt || !stored_key || !server_key) return std::nullopt;
    const std::size_t size = scram_digest_size(hash);
    if (stored_key->size() != size || server_key->size() != size) return std::nullopt;
    return ScramKeys{*iterations, std::move(*salt), std::move(*stored_key), std::move(*server_key)};
}

std::string encode(const ScramKeys& keys) {
    return std::to_string(keys.iterations) + ',' + base64::encode(keys.salt) + ',' + base64::encode(keys.stored_key) +
           ',' + base64::encode(keys.server_key);
}

}  // namespace posthouse::sasl
