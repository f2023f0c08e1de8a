// Candidate: one message that SEARCH tests; its header and content are read when a key asks for them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "imapd/fetch/open_message.h"
#include "imapd/search/prepared_key.h"
#include "imapd/selected.h"
#include "lib/base/result.h"

namespace posthouse::imapd {

class Candidate {
  public:
    Candidate(Selected& selected, const storage::MessageRow& row, storage::SequenceNumber number)
        : selected_(selected), row_(row), number_(number) {}

    /// Blocks. A message that is gone meanwhile matches no key about its content.
    Result<bool> matches(const PreparedKey& key);
    std::uint64_t octets_read() const { return octets_read_; }

  private:
    Result<bool> all_of(const PreparedKey& key, bool wanted);
    Result<bool> open();
    Result<bool> header_matches(const PreparedKey& key);
    Result<bool> sent_matches(const PreparedKey& key);
    Result<bool> content_matches(const PreparedKey& key);

    Selected& selected_;
    const storage::MessageRow& row_;
    storage::SequenceNumber number_;
    std::optional<OpenMessage> message_;
    std::optional<std::string> header_;
    std::uint64_t octets_read_ = 0;
    bool gone_ = false;
};

}  // namespace posthouse::imapd
