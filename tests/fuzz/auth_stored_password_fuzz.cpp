// Fuzzes stored passwords: parsing, and verifying where that costs nothing.
#include <cstdint>
#include <cstdlib>

#include "auth/passwords/argon2.h"
#include "auth/passwords/password.h"
#include "auth/passwords/scram_beside.h"
#include "auth/passwords/stored.h"

using namespace posthouse;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view stored(reinterpret_cast<const char*>(data), size);
    const auto parsed = auth::parse_stored(stored);
    if (parsed.has_value() != auth::check_stored_password(stored).has_value()) std::abort();
    (void)auth::needs_rehash(stored);
    (void)auth::parse_argon2(stored);
    // Keys that are kept beside an empty hash.
    constexpr std::string_view empty = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 ";
    (void)auth::find_scram_beside({}, stored, sasl::ScramHash::sha_1);
    (void)auth::find_scram_beside({}, std::string(empty).append(stored), sasl::ScramHash::sha_256);
    if (!parsed) return 0;
    const auth::Family* family = parsed->scheme->family;
    if (family == &auth::digest_family || family == &auth::salted_digest_family || family == &auth::plain_family) {
        if (!family->verify(*parsed->scheme, parsed->hash.view(), "secret")) std::abort();
    }
    return 0;
}
