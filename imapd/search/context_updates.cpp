// Telling the client what changes in the results of its searches.
#include "imapd/search/context_updates.h"

#include <algorithm>
#include <ctime>
#include <functional>
#include <iterator>
#include <span>
#include <utility>

#include "imapd/search/ordering.h"
#include "imapd/search/prepared_key.h"
#include "imapd/search/search_run.h"
#include "imapd/session.h"
#include "lib/imap/responses.h"
#include "lib/imap/strings.h"

namespace posthouse::imapd {
namespace {

using imap::ResultChange;
using storage::Uid;

/// Messages that find their places among sorted ones in one turn.
constexpr std::size_t kPlacedPerTurn = 64;

/// UIDs become what the client calls the messages, where that is another.
void rename_to_numbers(const SearchContext& context, const auto& number_of, std::vector<ResultChange>& changes) {
    if (context.by_uid) return;
    for (ResultChange& change : changes)
        for (std::uint32_t& name : change.numbers) name = number_of(Uid(name));
}

std::vector<Uid> uids_in(const storage::UidSet& set) {
    std::vector<Uid> uids;
    for (const storage::UidRange& range : set.ranges())
        for (std::uint32_t uid = range.first.value(); uid <= range.last.value(); ++uid) uids.emplace_back(uid);
    return uids;
}

/// What is in the first and not in the second; both ascend.
std::vector<Uid> difference(const std::vector<Uid>& of, const std::vector<Uid>& from) {
    std::vector<Uid> left;
    std::ranges::set_difference(of, from, std::back_inserter(left));
    return left;
}

std::unexpected<Error> fail_ended() { return fail(ErrorCode::closed, "Connection lost"); }

/// Those of the messages (all, or `among`) that match, ascending.
net::Async<Result<std::vector<Uid>>> matching(Session& session, const SearchContext& context,
                                              std::vector<imap::NumberRange> among) {
    SearchRun run(session.selected(), context.key, std::move(among));
    bool more = true;
    while (more) {
        const Result<bool> advanced = co_await session.disk([&] { return run.advance(); });
        if (!advanced) co_return fail(advanced.error());
        more = *advanced;
        if (session.ended()) co_return fail_ended();
    }
    std::vector<Uid> uids;
    for (const std::uint32_t number : run.numbers()) uids.push_back(session.selected().view.uids()[number - 1]);
    co_return uids;
}

/// Finds the places of new results among the sorted ones, some in each turn.
net::Async<Result<std::vector<Placed>>> places_of(Session& session, const SearchContext& context,
                                                  const std::vector<Uid>& added) {
    Selected& selected = session.selected();
    std::vector<std::uint32_t> numbers;
    for (const Uid uid : added)
        if (const auto number = selected.view.number(uid)) numbers.push_back(number->value());
    // Headers that nobody has asked for before are read.
    for (std::span<const std::uint32_t> left = numbers; reads_headers(context.criteria) && !left.empty();) {
        const std::span<const std::uint32_t> some = left.first(std::min(left.size(), kPlacedPerTurn));
        const Result<> ready = co_await session.disk([&] { return prepare_order(selected, some); });
        if (!ready) co_return fail(ready.error());
        left = left.subspan(some.size());
        if (session.ended()) co_return fail_ended();
    }
    const Result<std::vector<std::uint32_t>> sorted =
        co_await session.disk([&] { return sort_found(selected, numbers, context.criteria); });
    if (!sorted) co_return fail(sorted.error());
    std::vector<Placed> placed;
    const auto place_some = [&]() -> Result<> {
        for (std::size_t i = 0; i < kPlacedPerTurn && placed.size() < sorted->size(); ++i) {
            const std::uint32_t number = (*sorted)[placed.size()];
            const std::size_t from = placed.empty() ? 0 : placed.back().place;
            const Result<std::size_t> place = place_among(selected, context.ordered, from, number, context.criteria);
            if (!place) return fail(place.error());
            placed.push_back({*place, selected.view.uids()[number - 1]});
        }
        return {};
    };
    while (placed.size() < sorted->size()) {
        const Result<> some = co_await session.disk(place_some);
        if (!some) co_return fail(some.error());
        if (session.ended()) co_return fail_ended();
    }
    co_return placed;
}

net::Async<Result<>> update(Session& session, SearchContext& context, const std::vector<Uid>& touched, bool all) {
    const storage::View& view = session.selected().view;
    std::vector<imap::NumberRange> among{{1, view.count()}};
    if (!all) among = numbers_of(view, storage::UidSet(touched));
    const Result<std::vector<Uid>> now = co_await matching(session, context, std::move(among));
    if (!now) co_return fail(now.error());
    if (all) context.looked_at = std::time(nullptr);

    std::vector<Uid> before = uids_in(all ? context.results : storage::UidSet());
    if (!all)
        std::ranges::copy_if(touched, std::back_inserter(before),
                             [&](Uid uid) { return context.results.contains(uid); });
    const auto number_of = [&](Uid uid) {
        const auto number = view.number(uid);
        return number ? number->value() : 0;
    };
    std::vector<ResultChange> removed = take_out(context, difference(before, *now));
    rename_to_numbers(context, number_of, removed);
    const std::vector<Uid> added = difference(*now, before);
    std::vector<ResultChange> told;
    if (context.criteria.empty()) {
        told = put_in(context, added);
    } else if (!added.empty()) {
        const Result<std::vector<Placed>> placed = co_await places_of(session, context, added);
        if (!placed) co_return fail(placed.error());
        told = put_in(context, *placed);
    }
    rename_to_numbers(context, number_of, told);
    std::string line;
    imap::append_result_changes(line, context.tag, context.by_uid, removed, told);
    if (!line.empty()) co_await session.send(line);
    co_return Result<>{};
}

std::string no_update(std::string_view tag, std::string_view why) {
    std::string line = "* OK [NOUPDATE ";
    imap::append_quoted(line, tag);
    line += "] ";
    line += why;
    line += "\r\n";
    return line;
}

}  // namespace

std::optional<Reply> context_objection(const Session& session, const imap::SearchProgram& command) {
    if ((command.returns & imap::kReturnUpdate) == 0) return std::nullopt;
    const std::vector<SearchContext>& contexts = session.selected().contexts;
    if (std::ranges::find(contexts, session.tag(), &SearchContext::tag) == contexts.end()) return std::nullopt;
    return bad("The tag belongs to a search that is kept up to date");
}

net::Async<> refuse_update(Session& session, std::string_view why) {
    const std::string line = no_update(session.tag(), why);
    co_await session.send(line);
}

net::Async<> keep_up_to_date(Session& session, const imap::SearchProgram& command,
                             std::vector<imap::SortCriterion> criteria, const std::vector<std::uint32_t>& found) {
    if ((command.returns & imap::kReturnUpdate) == 0) co_return;
    Selected& selected = session.selected();
    if (std::cmp_greater_equal(selected.contexts.size(), session.config().imapd.contexts)) {
        co_await refuse_update(session, "Too many searches are kept up to date");
        co_return;
    }
    // A message that stays among the results would change its place there.
    if (std::ranges::find(criteria, imap::SortKey::annotation, &imap::SortCriterion::key) != criteria.end()) {
        co_await refuse_update(session, "Keeping an order by annotations up to date is not supported");
        co_return;
    }
    std::size_t octets = kept_octets(command.key, selected);
    for (const SearchContext& context : selected.contexts) octets += context.octets;
    if (octets > kMaxContextOctets) {
        co_await refuse_update(session, "The searches that are kept up to date are too long");
        co_return;
    }
    SearchContext context = make_context(selected, session.tag(), command, std::move(criteria), found);
    // Each change, or each second, would have all messages read.
    if ((context.is_volatile || context.ages) && reads_messages(context.key, selected)) {
        co_await refuse_update(session, "Keeping the search up to date would read all messages again and again");
        co_return;
    }
    selected.contexts.push_back(std::move(context));
}

net::Async<> drop_contexts_by_number(Session& session) {
    if (session.state() != kSelected) co_return;
    std::string lines;
    std::erase_if(session.selected().contexts, [&](const SearchContext& context) {
        const bool is_by_number = !context.by_uid || names_numbers(context.key);
        if (is_by_number) lines += no_update(context.tag, "Messages have no numbers with UIDONLY");
        return is_by_number;
    });
    if (!lines.empty()) co_await session.send(lines);
}

std::string removals_of(Selected& selected, const std::vector<storage::Expunged>& expunged) {
    std::string out;
    if (expunged.empty()) return out;
    for (SearchContext& context : selected.contexts) {
        // They come from the last to the first, each under the number that it had.
        std::vector<Uid> gone;
        for (auto message = expunged.rbegin(); message != expunged.rend(); ++message)
            if (context.results.contains(message->uid)) gone.push_back(message->uid);
        std::vector<ResultChange> removed = take_out(context, gone);
        const auto number_of = [&](Uid uid) {
            const auto place = std::ranges::lower_bound(expunged, uid, std::ranges::greater(), &storage::Expunged::uid);
            return place->number.value();
        };
        rename_to_numbers(context, number_of, removed);
        imap::append_result_changes(out, context.tag, context.by_uid, removed, {});
    }
    return out;
}

net::Async<> send_context_updates(Session& session, const std::vector<Uid>& touched, bool something) {
    std::vector<SearchContext>& contexts = session.selected().contexts;
    for (std::size_t i = 0; i < contexts.size() && !session.ended();) {
        const bool all = contexts[i].wants_all(something, std::time(nullptr));
        Result<> updated;
        if (all || !touched.empty()) updated = co_await update(session, contexts[i], touched, all);
        if (session.ended()) co_return;
        if (updated) {
            ++i;
            continue;
        }
        // RFC 5267 §4.3.1: at any time.
        session.log().warning("a search can't be kept up to date", {{"reason", updated.error().message()}});
        const std::string line = no_update(contexts[i].tag, "The search can't be kept up to date");
        contexts.erase(contexts.begin() + static_cast<std::ptrdiff_t>(i));
        co_await session.send(line);
    }
}

}  // namespace posthouse::imapd
