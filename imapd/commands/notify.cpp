// NOTIFY (RFC 5465).
#include <memory>
#include <utility>

#include "imapd/commands/commands.h"
#include "imapd/notifications.h"
#include "imapd/session.h"

namespace posthouse::imapd {

net::Async<Reply> notify(Session& session, imap::Notify command) {
    Result<Notifications> made = Notifications::make(command, session.enabled());
    if (!made) co_return bad(made.error().text);
    auto notifications = std::make_unique<Notifications>(std::move(*made));
    const Result<> watchable = co_await session.disk([&] { return notifications->check_names(session); });
    if (!watchable) co_return no(watchable.error());
    if (const Notifications::OfSelected* selected = notifications->of_selected();
        selected != nullptr && imap::has_item(selected->items, imap::FetchItem::Kind::modseq))
        co_await session.enable_condstore();
    const Result<bool> begun = co_await notifications->begin(session, command.status);
    if (!begun) co_return no(begun.error());
    if (*begun)
        session.set_notifications(std::move(notifications));
    else
        co_await session.give_up_notifications();
    co_return ok("NOTIFY completed");
}

}  // namespace posthouse::imapd
