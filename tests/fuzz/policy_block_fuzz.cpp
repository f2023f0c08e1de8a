// Any lines as a policy block: what is accepted is written and read back the same.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "lib/base/ascii.h"
#include "lib/policy/policy.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace posthouse;
    policy::BlockReader reader;
    for (const std::string_view line : ascii::split({reinterpret_cast<const char*>(data), size}, '\n')) {
        const Result<bool> complete = reader.add_line(line);
        if (!complete) return 0;
        if (!*complete) continue;
        const policy::Request request = reader.take();
        const std::string wire = policy::to_wire(request);
        policy::BlockReader again;
        for (const std::string_view written : ascii::split(wire, '\n')) {
            const Result<bool> end = again.add_line(written);
            if (!end) std::abort();
            if (*end) break;
        }
        if (again.take().attributes() != request.attributes()) std::abort();
        if (const Result<policy::Reply> reply = policy::to_reply(request); reply && reply->action.empty()) std::abort();
    }
    return 0;
}
