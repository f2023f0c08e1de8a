// FetchRun: the responses of one FETCH (RFC 3501 §6.4.5, §7.4.2), made piece by piece, so that neither many messages
// nor a large one are ever in memory as a whole.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "imapd/enabled.h"
#include "imapd/fetch/open_message.h"
#include "imapd/fetch/summary_items.h"
#include "imapd/selected.h"
#include "lib/base/result.h"
#include "lib/imap/fetch_command.h"
#include "lib/imap/sequence_set.h"

namespace posthouse::imapd {

/// All calls block. The view must not change while a run exists.
class FetchRun {
  public:
    /// `numbers`: the messages, as numbers_of gives them.
    FetchRun(Selected& selected, std::vector<imap::FetchItem> items, std::vector<imap::NumberRange> numbers,
             Enabled enabled);
    FetchRun(const FetchRun&) = delete;
    FetchRun& operator=(const FetchRun&) = delete;
    /// Leaves the last message open in `selected`, if it is large: its next piece may be asked for.
    ~FetchRun();

    /// Appends responses until `out` holds `limit` bytes or a little more, or enough was read for one turn. False: it
    /// was the last piece. Errors: a message could not be read; see inside_response().
    Result<bool> produce(std::string& out, std::size_t limit);
    /// Messages that are done.
    std::uint64_t finished() const { return finished_ + next_row_; }
    /// The last response isn't whole yet. After an error: the client has half a response, and only closing the
    /// connection gets it out of there.
    bool inside_response() const { return inside_response_; }
    /// Messages that were gone when their turn came; nothing was sent for them.
    bool some_gone() const { return some_gone_; }
    /// Parts whose transfer encoding nobody here knows were asked for by BINARY; nothing was sent for their messages
    /// (RFC 3516 §4.3).
    bool some_not_decoded() const { return some_not_decoded_; }

  private:
    struct Row {
        storage::MessageRow row;
        bool set_seen = false;  ///< by this command: the client has to be told
    };

    Result<bool> next_batch();
    Result<> load_rows(const std::vector<imap::NumberRange>& batch);
    void set_seen();
    Result<bool> begin_message(std::string& out);
    Result<> get_ready(const storage::MessageRow& row);
    Result<bool> decodes_all();
    void print_flags(std::string& out, const storage::MessageRow& row) const;
    Result<> print_item(std::string& out);
    Result<> print_section(std::string& out, const imap::FetchItem& item);
    Result<> print_binary(std::string& out, const imap::FetchItem& item);
    Result<> stream(std::string& out, std::size_t limit);
    void end_message(std::string& out);

    Selected& selected_;
    std::vector<imap::FetchItem> items_;
    storage::Columns columns_;
    bool sets_seen_ = false;
    bool reads_content_ = false;
    bool decodes_ = false;
    bool shows_flags_ = false;
    bool shows_modseq_ = false;
    bool shows_annotations_ = false;
    Enabled enabled_;

    // What is still to do: ranges of numbers, of which those before next_range_ are done.
    std::vector<imap::NumberRange> numbers_;
    std::size_t next_range_ = 0;
    std::uint32_t next_number_ = 0;  ///< in that range; 0: its beginning

    std::vector<Row> rows_;  ///< of the present batch
    std::size_t next_row_ = 0;
    std::uint64_t finished_ = 0;             ///< in the batches before
    storage::AnnotationTables annotations_;  ///< if they are shown
    std::uint64_t annotation_work_ = 0;      ///< since it was asked for last
    std::unique_ptr<OpenMessage> message_;
    SummaryItems summary_;

    bool inside_response_ = false;
    std::size_t item_ = 0;    ///< next item of the present message
    bool has_items_ = false;  ///< some were printed
    std::uint64_t stream_position_ = 0;
    std::uint64_t stream_left_ = 0;         ///< of a literal that is being sent
    DecodedPart* streamed_part_ = nullptr;  ///< whose octets they are; nullptr: the message's own
    bool some_gone_ = false;
    bool some_not_decoded_ = false;
};

}  // namespace posthouse::imapd
