// From what a command names to the messages of the view.
#include "imapd/selected.h"

namespace posthouse::imapd {

using storage::Uid;

namespace {

/// Adds the numbers of the messages from one UID to the other, which lie above all those before.
void add_run(std::vector<imap::NumberRange>& numbers, const storage::UidRanges& uids, Uid first, Uid last) {
    const std::uint32_t before = uids.count_below(first);
    const std::uint32_t end = uids.count_below(last) + (uids.contains(last) ? 1 : 0);
    if (before >= end) return;
    const std::uint32_t number = before + 1;
    if (!numbers.empty() && numbers.back().last + 1 == number)
        numbers.back().last = end;
    else
        numbers.push_back({number, end});
}

}  // namespace

Result<std::vector<imap::NumberRange>> numbers_of(const Selected& selected, const imap::SequenceSet& set, bool by_uid) {
    const storage::View& view = selected.view;
    const storage::UidRanges& uids = view.uids();
    if (set.is_saved()) return numbers_of(view, selected.saved);
    if (!by_uid) {
        std::vector<imap::NumberRange> numbers = set.resolve(view.count());
        if (!numbers.empty() && numbers.back().last > view.count())
            return fail(ErrorCode::invalid, "Invalid message sequence number");
        return numbers;
    }
    std::vector<imap::NumberRange> numbers;
    for (const imap::NumberRange& range : set.resolve(uids.empty() ? 0 : uids.back().value()))
        add_run(numbers, uids, Uid(range.first), Uid(range.last));
    return numbers;
}

std::vector<imap::NumberRange> numbers_of(const storage::View& view, const storage::UidSet& uids) {
    std::vector<imap::NumberRange> numbers;
    for (const storage::UidRange& range : uids.ranges()) add_run(numbers, view.uids(), range.first, range.last);
    return numbers;
}

std::vector<imap::NumberRange> without(const std::vector<imap::NumberRange>& ranges, const storage::UidRanges& uids) {
    std::vector<imap::NumberRange> left;
    for (const imap::NumberRange& range : ranges) {
        std::uint32_t from = range.first;
        for (std::uint32_t place = uids.count_below(Uid(range.first)); place < uids.size(); ++place) {
            const std::uint32_t uid = uids[place].value();
            if (uid > range.last) break;
            if (uid > from) left.push_back({from, uid - 1});
            from = uid + 1;
        }
        if (from <= range.last && from != 0) left.push_back({from, range.last});
    }
    return left;
}

std::uint64_t count_of(const std::vector<imap::NumberRange>& numbers) {
    std::uint64_t count = 0;
    for (const imap::NumberRange& range : numbers) count += range.last - range.first + 1;
    return count;
}

storage::UidSet uids_of(const storage::View& view, const std::vector<imap::NumberRange>& numbers) {
    storage::UidSet set;
    const storage::UidRanges& uids = view.uids();
    // UIDs between two neighbours of the view are of messages that are gone, and are never used again.
    for (const imap::NumberRange& range : numbers) set.add(uids[range.first - 1], uids[range.last - 1]);
    return set;
}

}  // namespace posthouse::imapd
