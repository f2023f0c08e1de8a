// Any line of a POP3 client: parsed, or refused with a text that makes a reply of one line.
#include <cstdint>
#include <cstdlib>

#include "lib/pop3/command.h"
#include "lib/pop3/reply.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace posthouse::pop3;
    const std::string_view line(reinterpret_cast<const char*>(data), size);
    const auto command = parse_command(line);
    if (!command) {
        const std::string reply = to_line(err(command.error().text));
        if (reply.size() > max_reply_octets || reply.find('\n') != reply.size() - 1) std::abort();
    }
    const std::string echo = to_line(ok(std::string(line)));
    if (echo.size() > max_reply_octets || echo.find('\r') != echo.size() - 2) std::abort();
    (void)parse_sasl_response(line);
    return 0;
}
