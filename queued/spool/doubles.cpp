// Doubles: several files of one message, of a spool over which an old copy was put back.
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "lib/base/log.h"
#include "queued/spool/spool.h"

namespace posthouse::spool {
namespace {

constexpr std::size_t batch = 1000;
constexpr std::array live_folders{Folder::incoming, Folder::deferred, Folder::hold};

bool is_same_message(const Entry& a, const Entry& b) {
    return a.envelope().sender == b.envelope().sender && a.envelope().recipients == b.envelope().recipients;
}

/// What `other` knows of its recipients and `states` do not, as events that make them know it too.
std::vector<Event> news_of(const Entry& other, std::vector<RecipientState> states) {
    std::vector<Event> events;
    const auto add = [&](Event event) {
        if (!may_apply(event, states)) return;
        apply_event(event, states);
        events.push_back(std::move(event));
    };
    for (std::uint32_t number = 0; number < states.size(); ++number) {
        const RecipientState& known = other.states()[number];
        if (known.warned && !states[number].warned)
            add({.kind = EventKind::warned, .at = known.last_try, .recipients = {number}});
        if (known.fate && states[number].is_due())
            add({.kind = *known.fate,
                 .at = known.last_try,
                 .recipients = {number},
                 .promise = known.promise,
                 .remote = known.remote,
                 .status = known.status,
                 .reply = known.reply});
        if (known.notified && !states[number].notified)
            add({.kind = EventKind::notified, .at = known.last_try, .recipients = {number}});
    }
    return events;
}

/// Of two copies the newer one; of two alike the one that is held.
bool counts_before(const Entry& a, const Entry& b) {
    if (a.journal_bytes() != b.journal_bytes()) return a.journal_bytes() > b.journal_bytes();
    return a.place().folder == Folder::hold && b.place().folder != Folder::hold;
}

Result<> absorb(Entry& kept, Entry& other) {
    if (const Result<> recorded = kept.record(news_of(other, kept.states())); !recorded) return recorded;
    const std::string removed = to_string(other.place());
    if (const Result<> gone = other.remove(); !gone) return gone;
    log::warning("two files of one message: what both tell is kept in one",
                 {{"id", kept.envelope().id}, {"kept", to_string(kept.place())}, {"removed", removed}});
    return {};
}

}  // namespace

Result<std::map<std::string, std::vector<Place>>> Spool::doubles(const std::set<std::string>& ids) const {
    std::map<std::string, std::vector<Place>> found;
    for (const Folder folder : live_folders) {
        Result<Scan> names = scan(folder);
        if (!names) return fail(names.error());
        for (;;) {
            Result<std::vector<Place>> some = names->next(batch);
            if (!some) return fail(some.error());
            if (some->empty()) break;
            for (Place& place : *some)
                if (ids.contains(place.name.id)) found[place.name.id].push_back(std::move(place));
        }
    }
    std::erase_if(found, [](const auto& one) { return one.second.size() < 2; });
    return found;
}

Result<> Spool::settle(Entry& entry, std::span<const Place> others) const {
    for (const Place& place : others) {
        if (place == entry.place()) continue;
        Result<Entry> other = open(place);
        if (!other) {
            const ErrorCode code = other.error().code;
            const bool is_no_message = code == ErrorCode::not_found || code == ErrorCode::invalid ||
                                       code == ErrorCode::unsupported;  // moved, put aside, or left alone
            if (is_no_message) continue;
            return fail(other.error());
        }
        if (!is_same_message(entry, *other)) {
            if (const Result<> aside = other->set_aside("another message has its id"); !aside) return aside;
            continue;
        }
        if (counts_before(*other, entry)) std::swap(entry, *other);
        if (const Result<> absorbed = absorb(entry, *other); !absorbed) return absorbed;
    }
    return {};
}

}  // namespace posthouse::spool
