// PLAIN, CLEAR, CLEARTEXT: the password itself.
#include "auth/passwords/scheme.h"
#include "lib/base/secret.h"

namespace posthouse::auth {
namespace {

Result<> check(const Scheme&, std::string_view hash) {
    if (hash.empty()) return unsupported("empty");
    return {};
}

Result<bool> verify(const Scheme&, std::string_view hash, std::string_view password) {
    return constant_time_equal(hash, password);
}

}  // namespace

const Family plain_family{check, verify, nullptr, nullptr};

}  // namespace posthouse::auth
