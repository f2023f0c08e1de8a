// Runs of UIDs: found by binary search, cut and joined.
#include "storage/uid_ranges.h"

#include <algorithm>

namespace posthouse::storage {

Uid UidRanges::operator[](std::size_t index) const {
    const auto after = std::ranges::upper_bound(runs_, index, {}, &Run::before);
    const Run& run = *std::prev(after);
    return Uid(run.uid + static_cast<std::uint32_t>(index) - run.before);
}

std::uint32_t UidRanges::count_below(Uid uid) const {
    const auto after = std::ranges::upper_bound(runs_, uid.value(), {}, &Run::uid);
    if (after == runs_.begin()) return 0;
    const auto run = std::prev(after);
    return run->before + std::min(uid.value() - run->uid, length(static_cast<std::size_t>(run - runs_.begin())));
}

std::optional<std::uint32_t> UidRanges::find(Uid uid) const {
    const std::uint32_t place = count_below(uid);
    return place < size_ && (*this)[place] == uid ? std::optional(place) : std::nullopt;
}

UidSet UidRanges::set() const {
    UidSet set;
    for (std::size_t i = 0; i < runs_.size(); ++i) set.add(Uid(runs_[i].uid), Uid(runs_[i].uid + length(i) - 1));
    return set;
}

void UidRanges::push_back(Uid uid) {
    const std::uint64_t end =
        runs_.empty() ? 0 : std::uint64_t{runs_.back().uid} + length(runs_.size() - 1);  // of what is in
    if (uid.value() < end) return;
    const bool continues = !runs_.empty() && end == uid.value();
    if (!continues) runs_.push_back({uid.value(), size_});
    ++size_;
}

void UidRanges::erase(const std::vector<Uid>& uids) {
    if (uids.empty() || empty()) return;
    UidRanges left;
    auto gone = uids.begin();
    for (std::size_t i = 0; i < runs_.size(); ++i) {
        std::uint32_t first = runs_[i].uid;
        const std::uint64_t end = std::uint64_t{first} + length(i);
        const auto keep = [&](std::uint64_t to) {
            if (to <= first) return;
            left.runs_.push_back({first, left.size_});
            left.size_ += static_cast<std::uint32_t>(to - first);
        };
        gone = std::lower_bound(gone, uids.end(), Uid(first));
        for (; gone != uids.end() && gone->value() < end; ++gone) {
            keep(gone->value());
            first = gone->value() + 1;
        }
        keep(end);
    }
    *this = std::move(left);
}

void UidRanges::clear() {
    runs_.clear();
    size_ = 0;
}

}  // namespace posthouse::storage
