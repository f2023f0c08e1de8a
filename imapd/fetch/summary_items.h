// SummaryItems: what FETCH shows of a message from the index, without reading the message.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "imapd/summary_records.h"
#include "lib/base/result.h"
#include "lib/imap/fetch_command.h"
#include "storage/summarise.h"
#include "storage/view.h"

namespace posthouse::imapd {

/// Of ENVELOPE, BODY, BODYSTRUCTURE, THREADID, PREVIEW, and HEADER.FIELDS with fields that the index keeps.
class SummaryItems {
  public:
    /// The index may know what the item shows.
    static bool may_have(const imap::FetchItem& item);

    /// For messages of the view, which must not change while this is used; neither may `items`.
    SummaryItems(const storage::View& view, std::span<const imap::FetchItem> items);

    /// Makes the items of a message. False: some of those that the index may know have to be read in the message.
    /// Blocks. not_found: the message is gone.
    Result<bool> get(storage::Uid uid);
    /// What is sent for the item with this place among all, or the fields in it; nothing: the message has to be read
    /// for it.
    const std::optional<std::string>& text(std::size_t item) const { return texts_[item]; }
    /// Octets of messages that were read since the last call.
    std::uint64_t take_octets_read();

  private:
    std::span<const imap::FetchItem> items_;
    storage::SummaryParts parts_{};  ///< that items show
    std::array<SummaryRecords, storage::kSummaryParts.size()> records_;
    std::vector<std::optional<std::string>> texts_;  ///< of the present message, by item
};

}  // namespace posthouse::imapd
