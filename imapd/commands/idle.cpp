// IDLE (RFC 2177): tells of changes as they happen, until the client says DONE.
#include <optional>
#include <string>

#include "imapd/commands/commands.h"
#include "imapd/session.h"
#include "lib/base/ascii.h"

namespace posthouse::imapd {
namespace {

/// Folder times tick: what another program did within the tick of a look is seen the next second.
constexpr std::chrono::seconds kLookAgain{1};
/// DONE, or what a confused client sends instead.
constexpr std::size_t kMaxLine = 1000;

}  // namespace

net::Async<Reply> idle(Session& session, imap::NoArguments /*command*/) {
    co_await session.send("+ idling\r\n");
    std::optional<WatchHub::Watch> watch;
    if (session.state() == kSelected) {
        session.selected().open_message.reset();
        watch.emplace(session.services().watches, session.selected().view.mailbox(), session.stream());
        co_await session.send_changes(storage::Expunges::reveal);
    }
    const net::Deadline autologout = session.deadline();
    bool look_again = false;
    while (!session.ended()) {
        net::Deadline deadline = autologout;
        if (watch) {
            const std::chrono::milliseconds pause = look_again ? kLookAgain : watch->poll_interval();
            deadline = sooner(deadline, net::Deadline::in(pause));
        }
        const Result<net::Input> input = co_await session.stream().wait_input(deadline);
        if (input && *input == net::Input::ready) break;
        const bool timeout = !input && input.error().code == ErrorCode::timeout;
        if (!input && !timeout) {
            session.failed(input.error());
        } else if (timeout && autologout.passed()) {
            co_await session.bye("timeout", "Autologout; idle for too long");
        } else if (input && *input == net::Input::draining) {
            co_await session.say_farewell();
        } else if (watch) {
            look_again = !timeout;
            co_await session.send_changes(storage::Expunges::reveal);
        }
    }
    watch.reset();
    if (session.ended()) co_return Reply{};
    const std::optional<Result<std::string>> line = co_await session.read_line(kMaxLine);
    if (!line) co_return Reply{};
    if (!*line || !ascii::iequals(**line, "DONE")) co_return bad("Expected DONE");
    co_return ok("IDLE completed");
}

}  // namespace posthouse::imapd
