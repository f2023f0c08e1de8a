// ESEARCH: SEARCH in several mailboxes (RFC 7377).
#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "imapd/commands/commands.h"
#include "imapd/mailbox_filters.h"
#include "imapd/mailbox_names.h"
#include "imapd/message_limit.h"
#include "imapd/metadata_response.h"
#include "imapd/search/context_updates.h"
#include "imapd/search/find.h"
#include "imapd/session.h"
#include "lib/imap/responses.h"
#include "storage/mailbox.h"

namespace posthouse::imapd {
namespace {

/// Opens a mailbox to look into it; its messages stay \Recent. Blocks.
Result<std::unique_ptr<Selected>> look_into(const Session& session, const storage::MailboxName& name) {
    const Result<Place> place = place_of(session, name);
    if (!place) return fail(place.error());
    Result<std::shared_ptr<storage::Mailbox>> mailbox = place->account->open(place->name);
    if (!mailbox) return fail(mailbox.error());
    Result<storage::View> view =
        storage::View::open(std::move(*mailbox), storage::Access::read_only, place->rights, place->viewer);
    if (!view) return fail(view.error());
    return std::make_unique<Selected>(*place, std::move(*view), annotation_user(session, *place));
}

/// The user's own mailboxes, and others'.
struct Sources {
    std::vector<storage::ListedMailbox> all;
    std::set<storage::MailboxName> own;
};

/// Of others those that the user may read: what somebody only shows to them is in nobody's way. Blocks.
Result<Sources> list_sources(const Session& session) {
    Result<std::vector<storage::ListedMailbox>> all = list_all(session, {storage::Right::lookup, storage::Right::read});
    if (!all) return fail(all.error());
    const Result<std::vector<storage::ListedMailbox>> own = list_own(session);
    if (!own) return fail(own.error());
    Sources sources{std::move(*all), {}};
    for (const storage::ListedMailbox& mailbox : *own)
        if (mailbox.exists) sources.own.insert(mailbox.name);
    return sources;
}

/// The names of the mailboxes to look through, each once; limit: they are too many. Blocks.
Result<std::vector<storage::MailboxName>> sources_of(const Session& session, const std::vector<NamedFilter>& filters) {
    const Result<Sources> sources = list_sources(session);
    if (!sources) return fail(sources.error());
    const storage::MailboxName* selected = session.state() == kSelected ? &session.selected().name : nullptr;
    std::vector<storage::MailboxName> names;
    for (const storage::ListedMailbox& mailbox : sources->all) {
        const bool is_own = sources->own.contains(mailbox.name);
        const bool is_meant = std::ranges::any_of(filters, [&](const NamedFilter& filter) {
            if (filter.is_selected()) return selected != nullptr && mailbox.name == *selected;
            return filter.matches(mailbox.name, mailbox.subscribed, is_own);
        });
        if (mailbox.exists && is_meant) names.push_back(mailbox.name);
    }
    if (std::cmp_greater(names.size(), session.config().imapd.notify_mailboxes))
        return fail(ErrorCode::limit, "Too many mailboxes to look through");
    return names;
}

/// Looks through one mailbox, and tells what it has found there, if it has.
net::Async<Result<>> search_in(Session& session, const imap::Esearch& command, Selected& place, Progress& progress) {
    SearchRun run(place, command.key, command.asks_modseq);
    const Result<> done = co_await find(session, run, progress);
    if (!done) co_return fail(done.error());
    progress.finish_part();
    // RFC 7377 §2.1: of mailboxes where nothing matches nothing is told.
    if (run.numbers().empty()) co_return Result<>{};
    const std::string response = found_response(session, command, run, place, wire_name(session.enabled(), place.name));
    co_await session.send(response);
    co_return Result<>{};
}

/// The selected mailbox alone: as UID SEARCH.
net::Async<Reply> search_selected(Session& session, imap::Esearch& command) {
    if (session.state() != kSelected) co_return bad("Select a mailbox first, or name some");
    if (std::optional<Reply> wrong = objection(session, command.key)) co_return std::move(*wrong);
    if (std::optional<Reply> wrong = context_objection(session, command)) co_return std::move(*wrong);
    Selected& selected = session.selected();
    const LimitedMessages messages = limit_search(session, command.key);
    SearchRun run(selected, command.key, command.asks_modseq);
    Progress progress(session, selected.view.count());
    const Result<> done = co_await find(session, run, progress);
    if (!done) co_return search_failed(session, command, done.error());
    co_await keep_up_to_date(session, command, {}, run.numbers());
    save_found(session, command, run.numbers());
    if (!run.numbers().empty() && command.returns != imap::kReturnSave) {
        const std::string response =
            found_response(session, command, run, selected, wire_name(session.enabled(), selected.name));
        co_await session.send(response);
    }
    co_return ok(limited_text(session, messages, "ESEARCH completed"));
}

/// What a search in several mailboxes may still look at: a UID to go on below, as MESSAGELIMIT has it, means nothing
/// where each has its own.
class MessageBudget {
  public:
    /// False: with these it would be more than one command may work on.
    bool take(const Session& session, std::uint32_t count) {
        taken_ += count;
        const std::uint64_t most = std::numeric_limits<std::uint32_t>::max();
        return count == 0 || !are_too_many(session, {{1, static_cast<std::uint32_t>(std::min(taken_, most))}});
    }

  private:
    std::uint64_t taken_ = 0;
};

}  // namespace

net::Async<Reply> esearch(Session& session, imap::Esearch command) {
    // RFC 6855 §3
    if (command.names_charset && session.enabled().utf8_accept)
        co_return bad("[CLIENTBUG] No CHARSET after ENABLE UTF8=ACCEPT");
    if (command.asks_modseq) co_await session.enable_condstore();
    std::vector<NamedFilter> filters;
    for (const imap::MailboxFilter& source : command.sources) {
        Result<NamedFilter> filter = NamedFilter::make(source, session.enabled());
        if (!filter) co_return bad(filter.error().text);
        filters.push_back(std::move(*filter));
    }
    // RFC 7377 §2.2
    if (session.state() != kSelected && std::ranges::any_of(filters, &NamedFilter::is_selected))
        co_return bad("No mailbox is selected");
    if (std::ranges::all_of(filters, &NamedFilter::is_selected)) co_return co_await search_selected(session, command);
    // RFC 7377 §2.1: what has a meaning in the selected mailbox only.
    if (names_numbers(command.key) || names_saved(command.key) || (command.returns & imap::kReturnSave) != 0)
        co_return bad("Numbers, \"$\" and SAVE are about the selected mailbox alone");
    if ((command.returns & imap::kReturnUpdate) != 0)
        co_await refuse_update(session, "A search in several mailboxes is not kept up to date");
    const Result<std::vector<storage::MailboxName>> names =
        co_await session.disk([&] { return sources_of(session, filters); });
    if (!names) co_return no(names.error());
    Progress progress(session);
    MessageBudget budget;
    for (const storage::MailboxName& name : *names) {
        if (session.state() == kSelected && session.selected().name == name) {
            if (!budget.take(session, session.selected().view.count())) co_return too_many(session, "look through");
            const Result<> searched = co_await search_in(session, command, session.selected(), progress);
            if (!searched) co_return no(searched.error());
        } else {
            Result<std::unique_ptr<Selected>> place = co_await progress.disk([&] { return look_into(session, name); });
            // One that has gone meanwhile, or that may not be read, isn't looked into.
            const bool is_closed =
                !place && (place.error().code == ErrorCode::not_found || place.error().code == ErrorCode::denied);
            if (is_closed) continue;
            if (!place) co_return no(place.error());
            if (!budget.take(session, (*place)->view.count())) co_return too_many(session, "look through");
            const Result<> searched = co_await search_in(session, command, **place, progress);
            if (!searched && searched.error().code != ErrorCode::not_found) co_return no(searched.error());
        }
        co_await progress.tell_if_due();
        if (session.ended()) co_return Reply{};
    }
    co_return ok("ESEARCH completed");
}

}  // namespace posthouse::imapd
