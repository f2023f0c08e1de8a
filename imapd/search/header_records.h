// HeaderRecords: what the index knows of the headers of messages that a search tests, got some at a time.
#pragma once

#include <string>
#include <vector>

#include "lib/base/result.h"
#include "storage/view.h"

namespace posthouse::imapd {

class HeaderRecords {
  public:
    explicit HeaderRecords(const storage::View& view) : view_(view) {}

    /// The record (storage/summary.h) of a message of the view, made from its file if it isn't there yet; good until
    /// the next call. Cheap for messages that are asked for in ascending order. Blocks. not_found: the message is gone.
    Result<std::string_view> of(storage::Uid uid);

  private:
    struct Record {
        storage::Uid uid;
        std::string bytes;
    };
    const storage::View& view_;
    std::vector<Record> records_;
    storage::Uid first_;  ///< those from here to last_ are in records_, as far as they exist
    storage::Uid last_;
};

}  // namespace posthouse::imapd
