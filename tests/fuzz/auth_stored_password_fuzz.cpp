// Fuzzes stored passwords: parsing only, nothing is hashed.
#include <cstdint>
#include <cstdlib>

#include "auth/passwords/password.h"
#include "auth/passwords/stored.h"

using namespace posthouse;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view stored(reinterpret_cast<const char*>(data), size);
    const auto parsed = auth::parse_stored(stored);
    if (parsed && !stored.ends_with(parsed->hash)) std::abort();
    if (parsed.has_value() != auth::check_stored_password(stored).has_value()) std::abort();
    (void)auth::needs_rehash(stored);
    return 0;
}
