// Fuzzes stored passwords: parsing, and verifying where that costs nothing.
#include <cstdint>
#include <cstdlib>

#include "auth/passwords/argon2.h"
#include "auth/passwords/password.h"
#include "auth/passwords/stored.h"

using namespace posthouse;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view stored(reinterpret_cast<const char*>(data), size);
    const auto parsed = auth::parse_stored(stored);
    if (parsed.has_value() != auth::check_stored_password(stored).has_value()) std::abort();
    (void)auth::needs_rehash(stored);
    (void)auth::parse_argon2(stored);
    if (!parsed) return 0;
    const auth::Family* family = parsed->scheme->family;
    if (family == &auth::digest_family || family == &auth::salted_digest_family || family == &auth::plain_family) {
        if (!family->verify(*parsed->scheme, parsed->hash.view(), "secret")) std::abort();
    }
    return 0;
}
