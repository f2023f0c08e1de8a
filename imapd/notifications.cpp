// From the account's log to untagged responses.
#include "imapd/notifications.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "imapd/listing.h"
#include "imapd/mailbox_names.h"
#include "imapd/metadata_response.h"
#include "imapd/progress.h"
#include "imapd/session.h"
#include "imapd/status_response.h"
#include "storage/mailbox.h"
#include "storage/namespaces.h"

namespace posthouse::imapd {
namespace {

using storage::AccountEvent;
using storage::MailboxName;

/// RFC 5465 §5.1 to §5.3.
imap::StatusItems items_for(imap::NotifyEvents events, bool with_modseq) {
    imap::StatusItems items = imap::kStatusMessages | imap::kStatusUidNext | imap::kStatusUidValidity;
    if ((events & imap::kFlagChange) != 0) items |= imap::kStatusUnseen;
    if (with_modseq) items |= imap::kStatusHighestModSeq;
    return items;
}

imap::NotifyEvents event_of(AccountEvent event) {
    switch (event) {
        case AccountEvent::created:
        case AccountEvent::renamed:
        case AccountEvent::deleted: return imap::kMailboxName;
        case AccountEvent::subscribed:
        case AccountEvent::unsubscribed: return imap::kSubscriptionChange;
        case AccountEvent::annotated: return imap::kMailboxMetadataChange;
        case AccountEvent::annotated_account: return imap::kServerMetadataChange;
        case AccountEvent::messages: return imap::kMessageEvents;
    }
    return 0;
}

/// As what a mailbox is known.
std::uint64_t id_of(const std::string& guid) { return std::hash<std::string>()(guid); }

bool is_selected(Session& session, const MailboxName& name) {
    return session.state() == kSelected && session.selected().name == name;
}

}  // namespace

class Notifications::Listed {
  public:
    explicit Listed(const storage::Account& account) : account_(account) {}

    /// Blocks.
    Result<> get() {
        if (mailboxes_) return {};
        mailboxes_ = account_.list();
        if (!*mailboxes_) return fail(mailboxes_->error());
        std::ranges::sort(**mailboxes_, {}, &storage::ListedMailbox::name);
        return {};
    }
    /// nullptr: there is no such name, or nobody has asked for them.
    const storage::ListedMailbox* find(const MailboxName& name) const {
        if (!mailboxes_ || !*mailboxes_) return nullptr;
        const auto place = std::ranges::lower_bound(**mailboxes_, name, {}, &storage::ListedMailbox::name);
        return place == (*mailboxes_)->end() || place->name != name ? nullptr : &*place;
    }

  private:
    const storage::Account& account_;
    std::optional<Result<std::vector<storage::ListedMailbox>>> mailboxes_;
};

Result<Notifications> Notifications::make(const imap::Notify& command, const Enabled& enabled) {
    if (command.groups.empty()) return none();
    Notifications made;
    for (const imap::NotifyGroup& group : command.groups) {
        Result<NamedFilter> filter = NamedFilter::make(group.filter, enabled);
        if (!filter) return fail(filter.error());
        if (!filter->is_selected()) {
            made.groups_.push_back({std::move(*filter), group.events});
            continue;
        }
        OfSelected selected{group.events, filter->is_delayed(), group.items};
        for (imap::FetchItem& item : selected.items) item.peek = true;
        if (!selected.items.empty() && !imap::has_item(selected.items, imap::FetchItem::Kind::uid)) {
            imap::FetchItem uid;
            uid.kind = imap::FetchItem::Kind::uid;
            uid.peek = true;
            selected.items.insert(selected.items.begin(), std::move(uid));
        }
        made.of_selected_ = std::move(selected);
    }
    return made;
}

Notifications Notifications::none() {
    Notifications made;
    made.of_selected_ = OfSelected{};
    return made;
}

Result<> Notifications::check_names(const Session& session) const {
    const storage::Namespaces namespaces = storage::namespaces_of(session.config().imapd);
    for (const Group& group : groups_)
        for (const MailboxName& name : group.filter.names())
            if (storage::is_in_namespace(name, namespaces) && !session.shared_account()->exists(name).value_or(false))
                return fail(ErrorCode::unsupported, "Mailboxes of other users can't be watched");
    return {};
}

std::optional<std::chrono::milliseconds> Notifications::poll_interval() const {
    if (!watch_) return std::nullopt;
    return watch_->poll_interval();
}

imap::NotifyEvents Notifications::events_of(const MailboxName& name, bool is_subscribed) const {
    const auto group =
        std::ranges::find_if(groups_, [&](const Group& one) { return one.filter.matches(name, is_subscribed); });
    return group == groups_.end() ? imap::NotifyEvents{} : group->events;
}

imap::NotifyEvents Notifications::all_events() const {
    imap::NotifyEvents all = 0;
    for (const Group& group : groups_) all |= group.events;
    return all;
}

bool Notifications::learn(const Known& known) {
    const auto place = std::ranges::lower_bound(known_, known.id, {}, &Known::id);
    if (place == known_.end() || place->id != known.id) {
        known_.insert(place, known);
        return true;
    }
    return std::exchange(*place, known) != known;
}

void Notifications::forget(const std::string& guid) {
    const auto place = std::ranges::lower_bound(known_, id_of(guid), {}, &Known::id);
    if (place != known_.end() && place->id == id_of(guid)) known_.erase(place);
}

net::Async<Result<Notifications::Standing>> Notifications::look_at(Session& session, const MailboxName& name,
                                                                   imap::NotifyEvents events) const {
    const storage::Account& account = session.account();
    const imap::StatusItems items = items_for(events, session.enabled().condstore);
    co_return co_await session.disk([&]() -> Result<Standing> {
        const Result<std::shared_ptr<storage::Mailbox>> mailbox = account.open(name);
        if (!mailbox) return fail(mailbox.error());
        const Result<storage::Status> status = (*mailbox)->status();
        if (!status) return fail(status.error());
        Result<std::string> response =
            status_response(**mailbox, *status, wire_name(session.enabled(), name), items, 0);
        if (!response) return fail(response.error());
        return Standing{{id_of((*mailbox)->guid()), status->uid_next.value(), status->messages}, std::move(*response)};
    });
}

net::Async<Result<bool>> Notifications::begin(Session& session, bool tells_status) {
    if (all_events() == 0) co_return true;
    // From here on what happens is in the log, and wakes the session.
    watch_ = std::make_unique<WatchHub::Watch>(session.services().watches, session.account(), session.stream());
    const storage::Account& account = session.account();
    const Result<storage::AccountChanges> now =
        co_await session.disk([&] { return account.changes_since(storage::ModSeq()); });
    if (!now) co_return fail(now.error());
    cursor_ = now->now;
    if ((all_events() & imap::kMessageEvents) == 0) co_return true;
    const Result<std::vector<Wanted>> wanted = co_await session.disk([&] { return wanted_of(account); });
    if (!wanted) co_return fail(wanted.error());
    if (std::cmp_greater(wanted->size(), session.config().imapd.notify_mailboxes)) co_return false;
    Progress progress(session, wanted->size());
    for (std::size_t i = 0; i < wanted->size(); ++i) {
        const Wanted& mailbox = (*wanted)[i];
        const Result<Standing> standing = co_await look_at(session, mailbox.name, mailbox.events);
        if (!standing && standing.error().code == ErrorCode::not_found) continue;
        if (!standing) co_return fail(standing.error());
        learn(standing->known);
        if (tells_status && !is_selected(session, mailbox.name)) co_await session.send(standing->response);
        progress.set_done(i + 1);
        co_await progress.tell_if_due();
        if (session.ended()) co_return true;
    }
    co_return true;
}

/// Those that are there. Blocks.
Result<std::vector<Notifications::Wanted>> Notifications::wanted_of(const storage::Account& account) const {
    const Result<std::vector<storage::ListedMailbox>> all = account.list();
    if (!all) return fail(all.error());
    std::vector<Wanted> wanted;
    for (const storage::ListedMailbox& mailbox : *all) {
        if (!mailbox.exists) continue;
        const imap::NotifyEvents events = events_of(mailbox.name, mailbox.subscribed);
        if ((events & imap::kMessageEvents) != 0) wanted.push_back({mailbox.name, events});
    }
    return wanted;
}

net::Async<bool> Notifications::tell(Session& session) {
    if (!watch_) co_return true;
    const storage::Account& account = session.account();
    const Result<storage::AccountChanges> changes =
        co_await session.disk([&] { return account.changes_since(cursor_); });
    if (!changes) {
        session.log().warning("cannot look at the account", {{"reason", changes.error().message()}});
        co_return true;
    }
    cursor_ = changes->now;
    if (changes->whole) co_return false;
    for (const storage::AccountChange& change : changes->changes)
        if (change.event == AccountEvent::deleted) forget(change.guid);
    const Result<std::vector<News>> news = co_await session.disk([&] { return news_of(session, changes->changes); });
    if (!news) {
        session.log().warning("cannot tell of the account", {{"reason", news.error().message()}});
        co_return true;
    }
    for (const News& one : *news) {
        Result<> told;
        if (one.messages.events != 0)
            told = co_await tell_messages(session, one.messages);
        else
            co_await session.send(one.line);
        if (!told)
            session.log().warning("cannot tell of a mailbox",
                                  {{"mailbox", one.messages.name.text()}, {"reason", told.error().message()}});
        if (session.ended()) co_return true;
        if (std::cmp_greater(known_.size(), session.config().imapd.notify_mailboxes)) co_return false;
    }
    co_return true;
}

/// Blocks.
Result<std::vector<Notifications::News>> Notifications::news_of(
    const Session& session, const std::vector<storage::AccountChange>& changes) const {
    std::vector<News> all;
    Listed listed(*session.shared_account());
    for (const storage::AccountChange& change : changes) {
        Result<std::optional<News>> news = news_of(session, change, listed);
        if (!news) return fail(news.error());
        if (*news) all.push_back(std::move(**news));
    }
    return all;
}

/// Nothing: the client doesn't want to hear of it.
Result<std::optional<Notifications::News>> Notifications::news_of(const Session& session,
                                                                  const storage::AccountChange& change,
                                                                  Listed& listed) const {
    const imap::NotifyEvents event = event_of(change.event);
    if ((all_events() & event) == 0) return std::nullopt;
    News news;
    if (change.event == AccountEvent::annotated_account) {
        append_changed_entry(news.line, "", change.entry);
        return news;
    }
    const bool asks = std::ranges::any_of(groups_, [](const Group& one) { return one.filter.asks_subscriptions(); });
    const bool is_about_names = (event & (imap::kMailboxName | imap::kSubscriptionChange)) != 0;
    if (asks || is_about_names)
        if (const Result<> got = listed.get(); !got) return fail(got.error());
    const storage::ListedMailbox* mailbox = listed.find(change.name);
    const bool is_unsubscribed = change.event == AccountEvent::unsubscribed;
    imap::NotifyEvents events = events_of(change.name, (mailbox != nullptr && mailbox->subscribed) || is_unsubscribed);
    if (change.event == AccountEvent::renamed && (events & event) == 0) {
        const storage::ListedMailbox* old = listed.find(change.old_name);
        events = events_of(change.old_name, old != nullptr && old->subscribed);
    }
    if ((events & event) == 0) return std::nullopt;
    const bool is_there = mailbox != nullptr && mailbox->exists;
    switch (change.event) {
        case AccountEvent::messages: news.messages = {change.name, events}; return news;
        case AccountEvent::annotated:
            append_changed_entry(news.line, wire_name(session.enabled(), change.name), change.entry);
            return news;
        case AccountEvent::created:
            // One that is gone again: that will be told.
            if (!is_there) return std::nullopt;
            news.line = line_of(*mailbox, {}, session.enabled());
            return news;
        case AccountEvent::renamed:
            if (!is_there) return std::nullopt;
            news.line = line_of(*mailbox, wire_name(session.enabled(), change.old_name), session.enabled());
            return news;
        default: break;
    }
    storage::ListedMailbox gone;
    gone.name = change.name;
    news.line = line_of(mailbox != nullptr ? *mailbox : gone, {}, session.enabled());
    return news;
}

/// RFC 5465 §5.1 to §5.3: STATUS, when what the client wants to hear of has changed.
net::Async<Result<>> Notifications::tell_messages(Session& session, const Wanted& mailbox) {
    const Result<Standing> standing = co_await look_at(session, mailbox.name, mailbox.events);
    if (!standing) co_return standing.error().code == ErrorCode::not_found ? Result<>{} : fail(standing.error());
    const bool is_news =
        learn(standing->known) || (mailbox.events & (imap::kFlagChange | imap::kAnnotationChange)) != 0;
    // The selected mailbox is told of by EXISTS and its kin.
    if (is_news && !is_selected(session, mailbox.name)) co_await session.send(standing->response);
    co_return Result<>{};
}

}  // namespace posthouse::imapd
