// The words of storage: sets of UIDs.
#include "storage/types.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace posthouse::storage {

UidSet::UidSet(const std::vector<Uid>& uids) {
    for (const Uid uid : uids) add(uid);
}

UidSet UidSet::all() {
    UidSet set;
    set.add(Uid(1), Uid(std::numeric_limits<std::uint32_t>::max()));
    return set;
}

void UidSet::add(Uid one, Uid other) {
    const auto [first, last] = std::minmax(one, other);
    // `touches`: a range that overlaps the new one or stands right beside it.
    const std::uint64_t before = first.value();
    const std::uint64_t after = std::uint64_t{last.value()} + 1;
    const auto begin = std::partition_point(ranges_.begin(), ranges_.end(), [&](const UidRange& range) {
        return std::uint64_t{range.last.value()} + 1 < before;
    });
    auto end = begin;
    UidRange merged{first, last};
    while (end != ranges_.end() && end->first.value() <= after) {
        merged.first = std::min(merged.first, end->first);
        merged.last = std::max(merged.last, end->last);
        ++end;
    }
    if (begin == end) {
        ranges_.insert(begin, merged);
    } else {
        *begin = merged;
        ranges_.erase(begin + 1, end);
    }
}

void UidSet::add(const UidSet& others) {
    for (const UidRange& range : others.ranges_) add(range.first, range.last);
}

void UidSet::remove(const UidSet& others) {
    std::vector<UidRange> left;
    auto gone = others.ranges_.begin();
    for (UidRange range : ranges_) {
        while (gone != others.ranges_.end() && gone->last < range.first) ++gone;
        bool is_left = true;
        for (auto hole = gone; is_left && hole != others.ranges_.end() && hole->first <= range.last; ++hole) {
            if (hole->first > range.first) left.push_back({range.first, Uid(hole->first.value() - 1)});
            is_left = hole->last < range.last;
            if (is_left) range.first = Uid(hole->last.value() + 1);
        }
        if (is_left) left.push_back(range);
    }
    ranges_ = std::move(left);
}

bool UidSet::contains(Uid uid) const {
    const auto range =
        std::partition_point(ranges_.begin(), ranges_.end(), [&](const UidRange& r) { return r.last < uid; });
    return range != ranges_.end() && range->first <= uid;
}

}  // namespace posthouse::storage
