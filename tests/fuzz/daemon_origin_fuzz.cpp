// Any text as the address and port of a client that a webmail acts for: what is accepted is an IP address and comes
// back the same from its own text.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "lib/daemon/origin.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace posthouse;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const std::size_t space = text.find(' ');
    const std::string_view port = space == std::string_view::npos ? std::string_view() : text.substr(space + 1);
    const Result<net::Address> origin = daemon::told_origin(text.substr(0, space), port);
    if (!origin) return 0;
    if (!origin->is_ip()) std::abort();
    const Result<net::Address> again = daemon::told_origin(origin->ip(), std::to_string(origin->port()));
    if (!again || *again != *origin) std::abort();
    return 0;
}
