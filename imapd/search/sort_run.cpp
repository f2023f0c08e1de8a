// Sorting what was found: all of it once, later only what came since.
#include "imapd/search/sort_run.h"

#include <algorithm>
#include <utility>

#include "imapd/search/ordering.h"

namespace posthouse::imapd {
namespace {

/// Fewer are sorted as quickly as an order is looked up.
constexpr std::size_t kept_from = 100;
/// An order of headers holds for good; one by annotations doesn't, and is each user's own.
bool may_be_kept(std::span<const imap::SortCriterion> criteria) {
    return reads_headers(criteria) &&
           std::ranges::find(criteria, imap::SortKey::annotation, &imap::SortCriterion::key) == criteria.end();
}

/// Finding the place of one message costs as much as sorting so many.
constexpr std::size_t place_costs = 500;

}  // namespace

SortRun::SortRun(const Selected& selected, std::span<const std::uint32_t> numbers,
                 std::span<const imap::SortCriterion> criteria, KeptOrders& orders)
    : selected_(selected), numbers_(numbers), criteria_(criteria), orders_(orders), left_(numbers) {}

Result<bool> SortRun::advance() {
    if (!std::exchange(begun_, true)) {
        take_kept();
        left_ = reads_headers(criteria_) ? std::span<const std::uint32_t>(missing_) : std::span<const std::uint32_t>();
    }
    // The last turn both reads and sorts: few messages need no other.
    const std::span<const std::uint32_t> some = left_.first(std::min(left_.size(), kOrderedPerTurn));
    if (!some.empty()) {
        if (const Result<> ready = prepare_order(selected_, some); !ready) return fail(ready.error());
        left_ = left_.subspan(some.size());
        if (!left_.empty()) return true;
    }
    const Result<> finished = finish();
    if (!finished) return fail(finished.error());
    return false;
}

void SortRun::take_kept() {
    const KeptOrders::Order order = numbers_.size() < kept_from || !may_be_kept(criteria_)
                                        ? nullptr
                                        : orders_.find(KeptOrders::Key::of(selected_.view, criteria_));
    std::vector<bool> wanted(std::size_t{selected_.view.count()} + 1);
    for (const std::uint32_t number : numbers_) wanted[number] = true;
    if (order) {
        sorted_.reserve(numbers_.size());
        for (const storage::Uid uid : *order) {
            const auto number = selected_.view.number(uid);
            if (!number || !wanted[number->value()]) continue;
            wanted[number->value()] = false;
            sorted_.push_back(number->value());
        }
    }
    std::ranges::copy_if(numbers_, std::back_inserter(missing_), [&](std::uint32_t number) { return wanted[number]; });
    if (missing_.size() * place_costs <= numbers_.size()) return;
    sorted_.clear();
    missing_.assign(numbers_.begin(), numbers_.end());
}

Result<> SortRun::finish() {
    if (missing_.empty()) return {};
    if (!sorted_.empty()) return put_missing_among_sorted();
    Result<std::vector<std::uint32_t>> sorted = sort_found(selected_, numbers_, criteria_);
    if (!sorted) return fail(sorted.error());
    sorted_ = std::move(*sorted);
    keep();
    return {};
}

Result<> SortRun::put_missing_among_sorted() {
    const Result<std::vector<std::uint32_t>> missing = sort_found(selected_, missing_, criteria_);
    if (!missing) return fail(missing.error());
    std::size_t from = 0;
    for (const std::uint32_t number : *missing) {
        const Result<std::size_t> place = place_among(selected_, sorted_, from, number, criteria_);
        if (!place) return fail(place.error());
        sorted_.insert(sorted_.begin() + static_cast<std::ptrdiff_t>(*place), number);
        from = *place + 1;
    }
    keep();
    return {};
}

/// The order of most messages serves searches that find fewer, not the other way round.
void SortRun::keep() const {
    if (numbers_.size() < kept_from || numbers_.size() < selected_.view.count() / 2 || !may_be_kept(criteria_)) return;
    std::vector<storage::Uid> uids;
    uids.reserve(sorted_.size());
    for (const std::uint32_t number : sorted_) uids.push_back(selected_.view.uids()[number - 1]);
    orders_.keep(KeptOrders::Key::of(selected_.view, criteria_), std::move(uids));
}

}  // namespace posthouse::imapd
