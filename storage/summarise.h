// Summariser: makes the records of messages (summary.h) from their content.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "storage/message.h"
#include "storage/summary.h"

namespace posthouse::storage {

/// Which of a message's records, as bits.
enum class SummaryParts : std::uint8_t { header = 1, body = 2, both = 3, fields = 4 };
constexpr SummaryParts parts_of(SummaryPart part) {
    return static_cast<SummaryParts>(1U << static_cast<unsigned>(part));
}
constexpr SummaryParts operator|(SummaryParts a, SummaryParts b) {
    return static_cast<SummaryParts>(static_cast<unsigned>(a) | static_cast<unsigned>(b));
}
constexpr bool has(SummaryParts parts, SummaryPart part) {
    return (static_cast<unsigned>(parts) >> static_cast<unsigned>(part) & 1U) != 0;
}

/// The records of one message; those not asked for are empty.
struct MessageSummary {
    std::string header;             ///< for decode_header
    std::string body;               ///< for decode_body
    std::string fields;             ///< for decode_kept_fields
    std::uint64_t octets_read = 0;  ///< of the message, to make them; 0: they were kept

    std::string& of(SummaryPart part) {
        return part == SummaryPart::header ? header : part == SummaryPart::body ? body : fields;
    }
    const std::string& of(SummaryPart part) const { return const_cast<MessageSummary*>(this)->of(part); }
};

/// Keeps its buffer from one message to the next. Used by one thread at a time.
class Summariser {
  public:
    /// Reads `content` from its beginning: to the end of the header block, for the body record all of it, in one
    /// pass and with bounded memory. Fails only when reading does.
    Result<MessageSummary> summarise(MessageContent& content, SummaryParts parts);

  private:
    Result<> read_header(MessageContent& content);
    Result<bool> read_piece(MessageContent& content, std::size_t count);

    std::string text_;                        ///< the message as far as it was read, at least its header block
    std::optional<std::size_t> header_size_;  ///< absent: not found within mime::max_header_size
};

}  // namespace posthouse::storage
