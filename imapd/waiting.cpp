// Waiting for the client, and telling it meanwhile what happens.
#include "imapd/waiting.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>

#include "imapd/metadata_watch.h"
#include "imapd/notifications.h"
#include "imapd/session.h"
#include "lib/net/own_frame.h"

namespace posthouse::imapd {
namespace {

/// Folder times tick: what another program did within the tick of a look is seen the next second.
constexpr std::chrono::seconds kLookAgain{1};
/// Annotations change seldom, and nothing wakes who is told of them without NOTIFY.
constexpr std::chrono::milliseconds kLookAtMetadata{2000};

/// The client is told of the selected mailbox while it waits.
bool tells_selected(Session& session, bool idles) {
    if (session.state() != kSelected) return false;
    const Notifications* notifications = session.notifications();
    if (notifications == nullptr || notifications->of_selected() == nullptr) return idles;
    return (notifications->of_selected()->events & imap::kMessageEvents) != 0;
}

/// With "selected-delayed" EXPUNGE comes only when a command allows it; IDLE is one.
storage::Expunges expunges_of(Session& session, bool idles) {
    const Notifications* notifications = session.notifications();
    const bool waits = !idles && notifications->of_selected()->is_delayed;
    return waits ? storage::Expunges::hold : storage::Expunges::reveal;
}

POSTHOUSE_OWN_FRAME net::Async<> tell(Session& session, bool idles) {
    if (tells_selected(session, idles)) {
        co_await session.look_at_rights();
        if (!session.ended()) co_await session.send_changes(expunges_of(session, idles));
    }
    if (!session.ended()) co_await session.send_notifications();
    if (!session.ended() && idles) co_await send_metadata_changes(session);
}

/// Begins to watch the selected mailbox, or ends that. True: it has begun, so look at it once.
bool watch_selected(Session& session, bool wanted) {
    if (session.state() != kSelected) return false;
    Selected& selected = session.selected();
    if (!wanted) selected.watch.reset();
    if (!wanted || selected.watch) return false;
    selected.watch =
        std::make_unique<WatchHub::Watch>(session.services().watches, selected.view.mailbox(), session.stream());
    return true;
}

/// How often to look even without being woken; nothing: there is nothing to look at.
std::optional<std::chrono::milliseconds> poll_interval(Session& session, bool idles) {
    std::optional<std::chrono::milliseconds> interval;
    const auto at_least_each = [&](std::optional<std::chrono::milliseconds> other) {
        if (other) interval = std::min(interval.value_or(*other), *other);
    };
    if (session.notifications() != nullptr) at_least_each(session.notifications()->poll_interval());
    if (session.state() == kSelected && session.selected().watch)
        at_least_each(session.selected().watch->poll_interval());
    if (idles && session.enabled().metadata) at_least_each(kLookAtMetadata);
    return interval;
}

}  // namespace

net::Async<bool> wait_for_client(Session& session, bool idles) {
    const net::Deadline autologout = session.deadline();
    if (watch_selected(session, tells_selected(session, idles))) co_await tell(session, idles);
    bool has_come = false;
    bool look_again = false;
    while (!session.ended() && !has_come) {
        net::Deadline deadline = autologout;
        const std::optional<std::chrono::milliseconds> interval = poll_interval(session, idles);
        if (interval) deadline = sooner(deadline, net::Deadline::in(look_again ? kLookAgain : *interval));
        const Result<net::Input> input = co_await session.stream().wait_input(deadline);
        has_come = input && *input == net::Input::ready;
        const bool timeout = !input && input.error().code == ErrorCode::timeout;
        if (has_come) break;
        if (!input && !timeout) {
            session.failed(input.error());
        } else if (timeout && autologout.passed()) {
            const bool is_in = session.state() != kNotAuthenticated;
            co_await session.bye("timeout", is_in ? "Autologout; idle for too long" : "Log-in took too long");
        } else if (input && *input == net::Input::draining) {
            co_await session.say_farewell();
        } else if (interval) {
            look_again = !timeout;
            co_await tell(session, idles);
        }
    }
    // IDLE's watch ends with it.
    if (!session.ended()) watch_selected(session, tells_selected(session, false));
    co_return has_come;
}

}  // namespace posthouse::imapd
