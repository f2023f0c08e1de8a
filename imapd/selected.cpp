// From what a command names to the messages of the view.
#include "imapd/selected.h"

namespace posthouse::imapd {

using storage::Uid;

Result<std::vector<imap::NumberRange>> numbers_of(const storage::View& view, const imap::SequenceSet& set,
                                                  bool by_uid) {
    const storage::UidRanges& uids = view.uids();
    if (!by_uid) {
        std::vector<imap::NumberRange> numbers = set.resolve(view.count());
        if (!numbers.empty() && numbers.back().last > view.count()) {
            return fail(ErrorCode::invalid, "Invalid message sequence number");
        }
        return numbers;
    }
    std::vector<imap::NumberRange> numbers;
    for (const imap::NumberRange& range : set.resolve(uids.empty() ? 0 : uids.back().value())) {
        const std::uint32_t before = uids.count_below(Uid(range.first));
        const std::uint32_t last = uids.count_below(Uid(range.last)) + (uids.contains(Uid(range.last)) ? 1 : 0);
        if (before >= last) continue;
        const std::uint32_t number = before + 1;
        if (!numbers.empty() && numbers.back().last + 1 == number) {
            numbers.back().last = last;
        } else {
            numbers.push_back({number, last});
        }
    }
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

storage::UidSet uids_of(const storage::View& view, const std::vector<imap::NumberRange>& numbers) {
    storage::UidSet set;
    const storage::UidRanges& uids = view.uids();
    // UIDs between two neighbours of the view are of messages that are gone, and are never used again.
    for (const imap::NumberRange& range : numbers) set.add(uids[range.first - 1], uids[range.last - 1]);
    return set;
}

}  // namespace posthouse::imapd
