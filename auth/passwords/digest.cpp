// Digests of a password, with a salt behind it (SSHA, SSHA256, SSHA512, SMD5) and without one (SHA, SHA256, SHA512,
// PLAIN-MD5, LDAP-MD5). Verified, never made: they are too fast to be safe.
#include <openssl/evp.h>

#include <memory>
#include <string>

#include "auth/passwords/scheme.h"
#include "lib/base/secret.h"

namespace posthouse::auth {
namespace {

constexpr std::size_t max_salt = 64;

struct FreeDigest {
    void operator()(EVP_MD* digest) const { EVP_MD_free(digest); }
};
struct FreeContext {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

std::size_t digest_size(std::string_view name) {
    if (name == "MD5") return 16;
    if (name == "SHA1") return 20;
    return name == "SHA256" ? 32 : 64;
}

Result<bool> compare(const Scheme& scheme, std::string_view digest, std::string_view password, std::string_view salt) {
    const std::unique_ptr<EVP_MD, FreeDigest> kind(EVP_MD_fetch(nullptr, std::string(scheme.detail).c_str(), nullptr));
    const std::unique_ptr<EVP_MD_CTX, FreeContext> context(EVP_MD_CTX_new());
    std::string computed(digest_size(scheme.detail), '\0');
    // A system's policy may have switched MD5 off.
    if (!kind || !context || EVP_DigestInit_ex2(context.get(), kind.get(), nullptr) != 1 ||
        EVP_DigestUpdate(context.get(), password.data(), password.size()) != 1 ||
        EVP_DigestUpdate(context.get(), salt.data(), salt.size()) != 1 ||
        EVP_DigestFinal_ex(context.get(), reinterpret_cast<unsigned char*>(computed.data()), nullptr) != 1)
        return unsupported(std::string(scheme.detail) + " is not available");
    return constant_time_equal(computed, digest);
}

std::unexpected<Error> malformed(const Scheme& scheme) {
    return unsupported("malformed hash of scheme {" + std::string(scheme.name) + "}");
}

Result<> check(const Scheme& scheme, std::string_view hash) {
    if (hash.size() != scheme.length) return malformed(scheme);
    return {};
}

Result<bool> verify(const Scheme& scheme, std::string_view hash, std::string_view password) {
    return compare(scheme, hash, password, {});
}

Result<> check_salted(const Scheme& scheme, std::string_view hash) {
    const std::size_t size = digest_size(scheme.detail);
    if (hash.size() <= size || hash.size() > size + max_salt) return malformed(scheme);
    return {};
}

Result<bool> verify_salted(const Scheme& scheme, std::string_view hash, std::string_view password) {
    const std::size_t size = digest_size(scheme.detail);
    return compare(scheme, hash.substr(0, size), password, hash.substr(size));
}

}  // namespace

const Family digest_family{check, verify, nullptr, nullptr};
const Family salted_digest_family{check_salted, verify_salted, nullptr, nullptr};

}  // namespace posthouse::auth
