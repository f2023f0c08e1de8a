// What changes in the results of a search that is kept up to date.
#include "imapd/search/context.h"

#include <algorithm>
#include <ctime>
#include <utility>

#include "imapd/selected.h"

namespace posthouse::imapd {
namespace {

using Kind = imap::SearchKey::Kind;
using storage::Uid;

bool any_key(const imap::SearchKey& key, const auto& is_it) {
    return is_it(key) ||
           std::ranges::any_of(key.children, [&](const imap::SearchKey& child) { return any_key(child, is_it); });
}

/// "$" is what it was when the search was made (RFC 5182 §2.1).
void fix_saved(imap::SearchKey& key, const Selected& selected) {
    for (imap::SearchKey& child : key.children) fix_saved(child, selected);
    if ((key.kind != Kind::sequence && key.kind != Kind::uid) || !key.set.is_saved()) return;
    key.kind = Kind::uid;
    key.set = {};
    for (const storage::UidRange& range : selected.saved.ranges()) key.set.add(range.first.value(), range.last.value());
}

/// Numbers shift, "*" moves on; \Recent goes when another session takes it.
bool depends_on_others(const imap::SearchKey& key, const Selected& selected) {
    return any_key(key, [&](const imap::SearchKey& one) {
        if (one.kind == Kind::sequence) return true;
        if (one.kind == Kind::uid) return one.set.has_star();
        return (one.kind == Kind::recent || one.kind == Kind::fresh) && selected.view.read_only();
    });
}

void leave_out(storage::UidSet& set, const std::vector<Uid>& gone) {
    storage::UidSet left;
    auto next = gone.begin();
    for (const storage::UidRange& range : set.ranges()) {
        std::uint32_t from = range.first.value();
        const std::uint32_t last = range.last.value();
        next = std::lower_bound(next, gone.end(), range.first);
        for (; next != gone.end() && next->value() <= last; ++next) {
            if (next->value() > from) left.add(Uid(from), Uid(next->value() - 1));
            from = next->value() + 1;
        }
        if (from <= last) left.add(Uid(from), Uid(last));
    }
    set = std::move(left);
}

void add_all(storage::UidSet& set, const std::vector<Uid>& added) {
    if (added.empty()) return;
    // Ascending is cheapest: both are merged.
    storage::UidSet all;
    auto next = added.begin();
    for (const storage::UidRange& range : set.ranges()) {
        for (; next != added.end() && *next < range.first; ++next) all.add(*next);
        all.add(range.first, range.last);
    }
    for (; next != added.end(); ++next) all.add(*next);
    set = std::move(all);
}

std::vector<std::uint32_t> values_of(const std::vector<Uid>& uids) {
    std::vector<std::uint32_t> values;
    values.reserve(uids.size());
    for (const Uid uid : uids) values.push_back(uid.value());
    return values;
}

}  // namespace

std::size_t kept_octets(const imap::SearchKey& key, const Selected& selected) {
    const std::size_t ranges = key.set.is_saved() ? selected.saved.ranges().size() : key.set.range_count();
    std::size_t octets = sizeof(key) + key.field.size() + key.text.size() + ranges * sizeof(imap::NumberRange);
    if (key.annotation) octets += key.annotation->entries.size();
    if (key.annotation && key.annotation->text) octets += key.annotation->text->size();
    for (const imap::SearchKey& child : key.children) octets += kept_octets(child, selected);
    return octets;
}

SearchContext make_context(const Selected& selected, std::string tag, const imap::SearchProgram& program,
                           std::vector<imap::SortCriterion> criteria, const std::vector<std::uint32_t>& found) {
    SearchContext context;
    context.tag = std::move(tag);
    context.by_uid = program.by_uid;
    context.key = program.key;
    context.octets = kept_octets(program.key, selected);
    fix_saved(context.key, selected);
    context.criteria = std::move(criteria);
    context.is_volatile = depends_on_others(context.key, selected);
    context.ages = any_key(
        context.key, [](const imap::SearchKey& key) { return key.kind == Kind::older || key.kind == Kind::younger; });
    context.looked_at = std::time(nullptr);
    std::vector<Uid> uids;
    uids.reserve(found.size());
    for (const std::uint32_t number : found) uids.push_back(selected.view.uids()[number - 1]);
    if (!context.criteria.empty()) context.ordered = uids;
    std::ranges::sort(uids);
    context.results = storage::UidSet(uids);
    return context;
}

std::vector<imap::ResultChange> take_out(SearchContext& context, const std::vector<Uid>& gone) {
    if (gone.empty()) return {};
    leave_out(context.results, gone);
    if (context.criteria.empty()) return {{0, values_of(gone)}};
    // Runs of neighbours, from the last: then the positions of those before it stay as they are.
    std::vector<imap::ResultChange> changes;
    std::vector<Uid>& ordered = context.ordered;
    const auto is_gone = [&](Uid uid) { return std::ranges::binary_search(gone, uid); };
    for (std::size_t i = 0; i < ordered.size(); ++i) {
        if (!is_gone(ordered[i])) continue;
        const bool continues = i > 0 && !changes.empty() && is_gone(ordered[i - 1]);
        if (!continues) changes.push_back({static_cast<std::uint32_t>(i + 1), {}});
        changes.back().numbers.push_back(ordered[i].value());
    }
    std::ranges::reverse(changes);
    std::erase_if(ordered, is_gone);
    return changes;
}

std::vector<imap::ResultChange> put_in(SearchContext& context, const std::vector<Uid>& added) {
    if (added.empty()) return {};
    add_all(context.results, added);
    return {{0, values_of(added)}};
}

std::vector<imap::ResultChange> put_in(SearchContext& context, const std::vector<Placed>& added) {
    std::vector<imap::ResultChange> changes;
    std::vector<Uid> merged;
    merged.reserve(context.ordered.size() + added.size());
    std::vector<Uid> uids;
    std::size_t taken = 0;
    for (const Placed& one : added) {
        const bool continues = !changes.empty() && taken == one.place;
        for (; taken < one.place; ++taken) merged.push_back(context.ordered[taken]);
        if (!continues) changes.push_back({static_cast<std::uint32_t>(merged.size() + 1), {}});
        changes.back().numbers.push_back(one.uid.value());
        merged.push_back(one.uid);
        uids.push_back(one.uid);
    }
    for (; taken < context.ordered.size(); ++taken) merged.push_back(context.ordered[taken]);
    context.ordered = std::move(merged);
    std::ranges::sort(uids);
    add_all(context.results, uids);
    return changes;
}

}  // namespace posthouse::imapd
