// IDLE (RFC 2177): tells of changes as they happen, until the client says DONE.
#include <optional>
#include <string>

#include "imapd/commands/commands.h"
#include "imapd/session.h"
#include "imapd/waiting.h"
#include "lib/base/ascii.h"

namespace posthouse::imapd {
namespace {

/// DONE, or what a confused client sends instead.
constexpr std::size_t kMaxLine = 1000;

}  // namespace

net::Async<Reply> idle(Session& session, imap::NoArguments /*command*/) {
    co_await session.send("+ idling\r\n");
    if (session.state() == kSelected) session.selected().open_message.reset();
    const bool has_come = co_await wait_for_client(session, true);
    if (!has_come) co_return Reply{};
    const std::optional<Result<std::string>> line = co_await session.read_line(kMaxLine);
    if (!line) co_return Reply{};
    if (!*line || !ascii::iequals(**line, "DONE")) co_return bad("Expected DONE");
    co_return ok("IDLE completed");
}

}  // namespace posthouse::imapd
