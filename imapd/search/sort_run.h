// SortRun: found messages in the order of SORT (RFC 5256 §3), a turn at a time, from the order of an earlier one where
// there is one.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "imapd/search/kept_orders.h"
#include "imapd/selected.h"
#include "lib/base/result.h"
#include "lib/imap/sort.h"

namespace posthouse::imapd {

/// The view must not change while it is used; `numbers`, ascending, and `criteria` must stay.
class SortRun {
  public:
    SortRun(const Selected& selected, std::span<const std::uint32_t> numbers,
            std::span<const imap::SortCriterion> criteria, KeptOrders& orders);

    /// A turn: headers that nobody has asked for before are read, in the end all is put in order. False: it is done.
    /// Blocks.
    Result<bool> advance();
    /// How many of the messages are done with.
    std::uint64_t done() const { return numbers_.size() - left_.size(); }
    /// When it is done: the numbers in their order.
    std::vector<std::uint32_t> take() { return std::move(sorted_); }

  private:
    void take_kept();
    Result<> finish();
    Result<> put_missing_among_sorted();
    void keep() const;

    const Selected& selected_;
    std::span<const std::uint32_t> numbers_;
    std::span<const imap::SortCriterion> criteria_;
    KeptOrders& orders_;
    bool begun_ = false;
    std::vector<std::uint32_t> sorted_;    ///< as far as an earlier order tells it
    std::vector<std::uint32_t> missing_;   ///< the others, ascending
    std::span<const std::uint32_t> left_;  ///< whose headers may have to be read
};

}  // namespace posthouse::imapd
