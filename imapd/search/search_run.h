// SearchRun: finds the messages that match a SEARCH key (RFC 3501 §6.4.4), a few at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "imapd/search/candidate.h"
#include "imapd/search/prepared_key.h"
#include "imapd/selected.h"
#include "lib/base/result.h"
#include "lib/imap/search_command.h"

namespace posthouse::imapd {

/// All calls block. The view must not change while a run exists.
class SearchRun {
  public:
    /// `keeps_modseqs`: for modseq_of().
    SearchRun(Selected& selected, const imap::SearchKey& key, bool keeps_modseqs = false);
    /// Among the messages with these numbers (ascending) only.
    SearchRun(Selected& selected, const imap::SearchKey& key, std::vector<imap::NumberRange> among);
    SearchRun(const SearchRun&) = delete;
    SearchRun& operator=(const SearchRun&) = delete;

    /// Tests the next messages: some thousand when it is about flags only, else some hundred, fewer when they have to
    /// be read, less than one when many keys ask for the content of a large one, so that others get the thread soon.
    /// False: all are done.
    Result<bool> advance();
    /// Messages that are done.
    std::uint32_t tested() const { return tested_; }
    /// The numbers of the messages found, ascending.
    const std::vector<std::uint32_t>& numbers() const { return found_; }
    /// MODSEQ of a message that was found, as it was then.
    storage::ModSeq modseq_of(std::uint32_t number) const;

  private:
    std::vector<imap::NumberRange> next_batch(std::uint32_t most) const;
    void leave_behind(std::uint32_t number);
    Result<> load_annotations();
    Result<bool> advance_by_marks();
    void found(storage::SequenceNumber number, storage::ModSeq modseq);
    Result<bool> test(std::uint64_t* octets = nullptr);

    Selected& selected_;
    SummaryRecords headers_;
    PreparedKey key_;
    storage::Columns columns_;
    std::optional<storage::AnnotationTables> annotations_;  ///< once the search has begun
    std::vector<imap::NumberRange> todo_;                   ///< of which those before next_ are done
    std::size_t next_ = 0;
    std::uint32_t tested_ = 0;
    std::string text_buffer_;             ///< of candidates, one after the other
    std::optional<Candidate> candidate_;  ///< the message that is being tested
    std::vector<std::uint32_t> found_;
    bool keeps_modseqs_ = false;
    std::vector<storage::ModSeq> modseqs_;  ///< of those found
};

}  // namespace posthouse::imapd
