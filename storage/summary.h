// What is kept of a message's content, so that FETCH, SORT, THREAD and SEARCH need not read it: records of its header
// block, of its body, and of the header fields of lists (kept_fields.h), each at most kMaxSummaryRecord bytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/imap/message_id_hash.h"
#include "lib/mime/date.h"

namespace posthouse::storage {

/// Bytes of a record, whatever the message holds. A part over its own bound is absent: who needs it reads the message.
inline constexpr std::size_t kMaxSummaryRecord = 16 << 10;
inline constexpr std::size_t kMaxSummaryEnvelope = 12 << 10;
inline constexpr std::size_t kMaxSummaryBodyStructure = 15 << 10;
/// Keys are cut here: texts are compared by their first bytes.
inline constexpr std::size_t kMaxSummaryKey = 256;
/// Of more ids in References, the first and the last ones are kept: the thread's root and the direct ancestors.
inline constexpr std::size_t kMaxSummaryReferences = 128;

/// One of the records: of the header block, of the body, and header fields as they stand (kept_fields.h).
enum class SummaryPart : std::uint8_t { header, body, fields };
inline constexpr std::array kSummaryParts{SummaryPart::header, SummaryPart::body, SummaryPart::fields};

/// What a header block tells. The views point into the record that it was decoded from, or into what is to be encoded.
struct HeaderSummary {
    std::optional<std::string_view> envelope;  ///< ENVELOPE (RFC 9051 §7.5.2), as it is sent
    std::optional<std::uint32_t> header_size;  ///< octets of the block on the wire, its empty line included
    std::optional<mime::DateTime> sent;        ///< of Date; absent: INTERNALDATE counts (RFC 5256 §2.2)

    // Keys of i;unicode-casemap, to be compared byte by byte.
    std::string_view subject;       ///< of the base subject (RFC 5256 §2.1)
    std::string_view from;          ///< addr-mailbox of the first address (RFC 5256 §3)
    std::string_view to;            ///< likewise
    std::string_view cc;            ///< likewise
    std::string_view display_from;  ///< display name, else address, of the first (RFC 5957 §3)
    std::string_view display_to;    ///< likewise

    bool is_reply = false;               ///< the subject says that it is a reply or a forward
    imap::MessageIdHash message_id = 0;  ///< 0: there is none
    imap::MessageIdHashes references;    ///< of References, else the first of In-Reply-To
    std::string_view thread_seed;        ///< 16 bytes that messages of a thread share; empty: no id names its thread
};

/// What a body tells.
struct BodySummary {
    std::optional<std::string_view> bodystructure;  ///< BODYSTRUCTURE (RFC 9051 §7.5.2), as it is sent
    std::optional<std::string_view> preview;        ///< PREVIEW (RFC 8970) in UTF-8, unquoted; may be empty
};

/// The record of a summary within its bounds; what is over one is cut or left out.
std::string encode(const HeaderSummary& summary);
std::string encode(const BodySummary& summary);

/// Looks a record over and gives views into it, without copying. Costs the same for one part as for all. invalid:
/// damaged, or of another version; then it is to be made again.
Result<HeaderSummary> decode_header(std::string_view record);
Result<BodySummary> decode_body(std::string_view record);

}  // namespace posthouse::storage
