// Candidate: one message that SEARCH tests; its header and content are read when a key asks for them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "imapd/fetch/open_message.h"
#include "imapd/search/prepared_key.h"
#include "imapd/selected.h"
#include "imapd/summary_records.h"
#include "lib/base/result.h"
#include "storage/summary.h"

namespace posthouse::imapd {

class Candidate {
  public:
    /// Octets that keys may look at in one turn; a hundred keys about a large message take many turns.
    static constexpr std::uint64_t kOctetsPerTurn = 4 << 20;

    /// `headers` and `annotations` (of which keys may ask) are of the selected mailbox; they and `buffer`, in which
    /// texts are searched, outlive this object.
    Candidate(Selected& selected, SummaryRecords& headers, const storage::AnnotationTables& annotations,
              std::string& buffer, storage::MessageRow row, storage::SequenceNumber number)
        : selected_(selected),
          headers_(headers),
          annotations_(annotations),
          buffer_(buffer),
          row_(std::move(row)),
          marks_{row_.uid, row_.flags, row_.modseq},
          number_(number) {}

    /// Blocks. A message that is gone meanwhile matches no key about its content. When it fails and is unfinished(),
    /// next_turn() and asking again go on where it was; the key must be the same object then.
    Result<bool> matches(const PreparedKey& key);
    bool unfinished() const { return unfinished_; }
    void next_turn();
    storage::SequenceNumber number() const { return number_; }
    storage::ModSeq modseq() const { return row_.modseq; }
    /// In this turn.
    std::uint64_t octets_read() const { return octets_read_; }

  private:
    Result<bool> all_of(const PreparedKey& key, bool wanted);
    using Test = Result<bool> (Candidate::*)(const PreparedKey&);
    Result<bool> decide(const PreparedKey& key, Test test);
    Result<bool> open();
    Result<std::optional<storage::HeaderSummary>> header_record();
    Result<bool> envelope_matches(const PreparedKey& key);
    Result<bool> header_matches(const PreparedKey& key);
    Result<bool> sent_matches(const PreparedKey& key);
    Result<bool> thread_matches(const PreparedKey& key);
    Result<bool> content_matches(const PreparedKey& key);
    Result<bool> annotation_matches(const PreparedKey& key);

    Selected& selected_;
    SummaryRecords& headers_;
    const storage::AnnotationTables& annotations_;
    std::string& buffer_;
    storage::MessageRow row_;
    storage::MessageFlags marks_;
    storage::SequenceNumber number_;
    std::optional<OpenMessage> message_;
    std::optional<std::string> header_;
    std::map<const PreparedKey*, bool> decided_;  ///< keys about header or content
    std::uint64_t octets_read_ = 0;
    bool unfinished_ = false;
    bool gone_ = false;
};

}  // namespace posthouse::imapd
