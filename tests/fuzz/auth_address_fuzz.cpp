// Fuzzes addresses and domains: what parses is in its canonical form, which parses to itself.
#include <cstdint>
#include <cstdlib>

#include "auth/directory/address.h"

using namespace posthouse;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (const auto domain = auth::canonical_domain(text)) {
        if (auth::canonical_domain(*domain) != *domain) std::abort();
    }
    if (const auto address = auth::parse_address(text)) {
        const auto again = auth::parse_address(address->text());
        if (!again || *again != *address) std::abort();
    }
    if (const auto user = auth::parse_user_address(text)) {
        // The name of a folder below the domain's.
        if (user->local.find('/') != std::string::npos || user->local.starts_with('.')) std::abort();
    }
    (void)auth::parse_alias_source(text);
    return 0;
}
