// Replies of a remote server: bounded, and what was understood is written in a form that is understood again.
#include <cstdint>
#include <cstdlib>

#include "lib/base/ascii.h"
#include "lib/smtp/client.h"
#include "lib/smtp/remote_reply.h"
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

/// What is told of it is one printable line within its bound.
void check_diagnostic(const smtp::Reply& reply) {
    for (const std::size_t size : {std::size_t{8}, std::size_t{40}, std::size_t{500}}) {
        const std::string text = smtp::diagnostic(reply, size);
        require(text.size() <= size);
        for (const char c : text) require(c >= ' ' && c < 0x7f);
        const std::string utf8 = smtp::diagnostic(reply, size, smtp::Utf8::allowed);
        require(utf8.size() <= size && ascii::is_utf8(utf8));
        for (const char c : utf8) require(!ascii::is_control(c));
    }
    require(!smtp::status_of(reply).empty());
}

/// What a server may offer is bounded, and what it limits is written in a form that is read as the same.
void check_capabilities(const smtp::Reply& reply) {
    const smtp::Capabilities offered = smtp::parse_capabilities(reply);
    require(offered.auth.size() <= 32 && offered.xforward.size() <= 32 && offered.name.size() <= 255);
    for (const std::string& mechanism : offered.auth) require(!mechanism.empty() && mechanism.size() <= 64);
    const std::string limits = smtp::limits_keyword(offered.limits);
    require(limits.empty() ? offered.limits == smtp::OperationalLimits()
                           : smtp::parse_limits(limits.substr(6)) == offered.limits);
    if (offered.deliver_by) require(*offered.deliver_by >= 0 && *offered.deliver_by <= smtp::max_interval);
    if (offered.future_release) require(offered.future_release->max_interval > 0);
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
        check_diagnostic(reply);
        check_capabilities(reply);
    }
    return 0;
}
