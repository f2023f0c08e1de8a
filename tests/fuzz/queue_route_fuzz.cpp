// Transports of the directory as routes, and signals to queued: what is read is written so that it is read the same.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "queued/delivery/route.h"
#include "queued/spool/envelope.h"
#include "queued/wake/signal.h"

using namespace posthouse;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (const auto signal = wake::parse_signal(text))
        if (wake::to_datagram(*signal) != text) std::abort();
    const Result<queued::Route> route = queued::parse_route(text, "example.net", "");
    if (!route) return 0;
    const std::string written = queued::to_string(*route);
    if (written.size() > spool::max_transport) return 0;  // brackets and A-labels make it longer
    const Result<queued::Route> again = queued::parse_route(written, "", "");
    if (!again || !(*again == *route)) std::abort();
    return 0;
}
