// SummaryRecords: what the index knows of the content of messages that FETCH shows or SEARCH tests, got some at a time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/result.h"
#include "storage/view.h"

namespace posthouse::imapd {

/// Of one part of the summaries (storage/summary.h, storage/kept_fields.h).
class SummaryRecords {
  public:
    /// The view must not change while this is used.
    SummaryRecords(const storage::View& view, storage::SummaryPart part) : view_(view), part_(part) {}
    SummaryRecords(const SummaryRecords&) = delete;
    SummaryRecords& operator=(const SummaryRecords&) = delete;

    /// The record of a message of the view, made from its file if it isn't there yet; good until the next call. Cheap
    /// for messages that are asked for in ascending order. Blocks. not_found: the message is gone.
    Result<std::string_view> of(storage::Uid uid);
    /// Octets of messages that were read since the last call.
    std::uint64_t take_octets_read() { return std::exchange(octets_read_, 0); }

  private:
    struct Record {
        storage::Uid uid;
        std::string bytes;
    };
    Result<> read_ahead(storage::Uid uid);
    Result<std::string_view> make(storage::Uid uid);

    const storage::View& view_;
    storage::SummaryPart part_;
    std::vector<Record> records_;  ///< of those from first_ to last_ that have one
    storage::Uid first_;
    storage::Uid last_;
    storage::Uid asked_;       ///< the last one
    std::uint32_t used_ = 0;   ///< of those from first_ to last_, how many were asked for
    std::uint32_t ahead_ = 0;  ///< how many these are
    std::string made_;
    std::uint64_t octets_read_ = 0;
};

}  // namespace posthouse::imapd
