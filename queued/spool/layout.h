// Layout: where in a queue file everything lies. Its head says three sizes; the rest is arithmetic.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "queued/spool/envelope.h"
#include "queued/spool/record.h"

namespace posthouse::spool {

/// Octets of content in each of its records but the last.
inline constexpr std::size_t piece_bytes = 64u << 10;
/// Longest front: header fields that were added when the message was accepted.
inline constexpr std::size_t max_front_bytes = 256u << 10;
/// Longest content; far above what SIZE allows.
inline constexpr std::uint64_t max_content_bytes = std::uint64_t{1} << 40;

/// head, content pieces, front (where there is one), envelope, closing; then the journal.
struct Layout {
    std::uint64_t content_bytes = 0;  ///< without the front
    std::uint32_t front_bytes = 0;
    std::uint32_t envelope_bytes = 0;

    static constexpr std::uint64_t head_bytes = record_head_bytes + 24;

    /// Of the message: front and content.
    std::uint64_t message_bytes() const { return front_bytes + content_bytes; }
    std::uint64_t pieces() const { return (content_bytes + piece_bytes - 1) / piece_bytes; }
    std::uint64_t piece_at(std::uint64_t piece) const { return head_bytes + piece * (record_head_bytes + piece_bytes); }
    /// Octets in that piece.
    std::size_t piece_size(std::uint64_t piece) const {
        return static_cast<std::size_t>(std::min<std::uint64_t>(piece_bytes, content_bytes - piece * piece_bytes));
    }
    std::uint64_t front_at() const { return head_bytes + content_bytes + pieces() * record_head_bytes; }
    std::uint64_t envelope_at() const { return front_at() + (front_bytes > 0 ? record_head_bytes + front_bytes : 0); }
    std::uint64_t closing_at() const { return envelope_at() + record_head_bytes + envelope_bytes; }
    std::uint64_t journal_at() const { return closing_at() + head_bytes; }

    bool operator==(const Layout&) const = default;
};

/// The head, and the closing record, which says the same once more.
std::string to_record(const Layout& layout, RecordKind kind);
/// From the bytes of a head or a closing record. Errors: invalid (torn, damaged, sizes out of bounds); unsupported: of
/// a later version.
Result<Layout> parse_layout(std::string_view bytes, RecordKind kind);

}  // namespace posthouse::spool
