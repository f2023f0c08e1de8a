// Replies of a remote server: bounded, and what was understood is written in a form that is understood again.
#include <cstdint>
#include <cstdlib>

#include "lib/base/ascii.h"
#include "lib/smtp/client.h"
#include "lib/smtp/reply.h"

using namespace posthouse;

namespace {

void require(bool condition) {
    if (!condition) std::abort();
}

/// A written reply parses; its code and status are the same.
void check(const smtp::Reply& reply) {
    const std::string wire = reply.to_wire();
    smtp::ReplyParser parser;
    bool done = false;
    std::string_view rest = wire;
    while (!rest.empty()) {
        require(!done);
        const std::size_t end = rest.find("\r\n");
        require(end != std::string_view::npos);
        const auto added = parser.add_line(rest.substr(0, end));
        if (!added) {
            require(added.error().code == ErrorCode::limit);  // breaking long lines made too many of them
            return;
        }
        done = *added;
        rest.remove_prefix(end + 2);
    }
    require(done);
    const smtp::Reply again = parser.take();
    require(again.code == reply.code);
    require(reply.status.empty() || again.status == reply.status);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    smtp::ReplyParser parser;
    for (const std::string_view line : ascii::split(text, '\n')) {
        const auto last = parser.add_line(line);
        if (!last) break;
        if (!*last) continue;
        const smtp::Reply reply = parser.take();
        require(reply.lines.size() <= smtp::ReplyParser::max_lines);
        check(reply);
        (void)smtp::parse_capabilities(reply);
    }
    return 0;
}
