// OpenMessage: a message as FETCH and SEARCH read it: sections as ranges of its wire form, structure read once.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "imapd/fetch/decoded_part.h"
#include "lib/base/result.h"
#include "lib/imap/fetch_command.h"
#include "lib/mime/range.h"
#include "lib/mime/structure.h"
#include "lib/mime/structure_reader.h"
#include "storage/mailbox.h"
#include "storage/message.h"

namespace posthouse::imapd {

/// What HEADER.FIELDS and HEADER.FIELDS.NOT show of a header block: the fields and an empty line.
std::string selected_fields(std::string_view block, const imap::Section& section);

/// All calls block. Small messages are held in memory; of large ones only what is asked for.
class OpenMessage {
  public:
    /// not_found: the message is gone.
    static Result<OpenMessage> open(storage::Mailbox& mailbox, storage::Uid uid);
    /// The same for whoever has its row.
    static Result<OpenMessage> open(storage::Mailbox& mailbox, const storage::MessageRow& row);

    storage::Uid uid() const { return uid_; }
    /// Held in memory: cheaper to open again than to keep.
    bool is_small() const { return held_.has_value(); }
    /// Octets of the wire form.
    std::uint64_t size() const { return content_.wire_size(); }

    /// The range of a section without field names; nullopt: there is no such part (NIL).
    Result<std::optional<mime::Range>> find(const imap::Section& section);
    /// HEADER.FIELDS and HEADER.FIELDS.NOT: the fields and an empty line; nullopt: there is no such part.
    Result<std::optional<std::string>> header_fields(const imap::Section& section);
    /// The part with these numbers without its transfer encoding; of a message or multipart, which has none, what BODY
    /// shows. nullptr: there is no such part. It lives until the next call.
    Result<DecodedPart*> decoded(const std::vector<std::uint32_t>& part);
    /// The header block of the message, at most mime::max_header_size octets of it.
    Result<std::string> header();
    Result<std::string> envelope();
    /// BODYSTRUCTURE, or BODY when not `extended`.
    Result<std::string> body_structure(bool extended);
    /// The whole message, at most kMaxParsed octets of it.
    Result<std::string> text();

    /// Octets that were read since the last call, however little of them the caller got to see.
    std::uint64_t take_octets_read() { return std::exchange(octets_read_, 0); }

    /// Octets [position, position + out.size()) of the wire form; gives how many there were. Cheapest in order.
    Result<std::size_t> read(std::uint64_t position, std::span<char> out);

    /// A message beyond this is read as if it ended here, where it has to be in memory as a whole.
    static constexpr std::size_t kMaxParsed = std::size_t{128} << 20;

  private:
    OpenMessage(storage::Uid uid, storage::MessageContent content) : uid_(uid), content_(std::move(content)) {}
    Result<> load();
    Result<> move_to(std::uint64_t position);
    Result<std::uint64_t> header_size();
    Result<mime::StructureReader> read_structure(const mime::OutlineLimits& limits);
    Result<const mime::Structure*> structure();
    Result<std::string> read_string(std::uint64_t position, std::size_t count);

    storage::Uid uid_;
    storage::MessageContent content_;
    std::optional<std::string> held_;  ///< a small message
    std::optional<std::uint64_t> header_size_;
    std::optional<mime::Structure> structure_;
    std::optional<DecodedPart> decoded_;  ///< the last one: clients fetch large parts piece by piece
    std::uint64_t octets_read_ = 0;
};

}  // namespace posthouse::imapd
