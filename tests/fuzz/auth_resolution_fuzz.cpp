// Fuzzes the answer of the map `resolve`: what parses is encoded and must parse to the same recipients.
#include <cstdint>
#include <cstdlib>

#include "auth/client/resolution.h"

using namespace posthouse;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto resolution = auth::parse_resolution({reinterpret_cast<const char*>(data), size});
    if (!resolution) return 0;
    const auto again = auth::parse_resolution(auth::encode(*resolution));
    if (!again || again->recipients != resolution->recipients) std::abort();
    return 0;
}
