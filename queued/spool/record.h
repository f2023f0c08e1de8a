// Records: what a queue file consists of. Each tells its kind and length and carries a checksum, so that what is torn
// or damaged is told from what was written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace posthouse::spool {

/// The letter that stands in the file.
enum class RecordKind : char {
    head = 'H',
    content = 'C',  ///< a piece of the content
    front = 'F',    ///< what comes before the content
    envelope = 'E',
    closing = 'Z',  ///< the message was accepted
    event = 'J',    ///< of the journal
};

/// Checksum, kind and length.
inline constexpr std::size_t record_head_bytes = 8;
/// Longest body: its length has 24 bits.
inline constexpr std::size_t max_body_bytes = (1u << 24) - 1;

/// Appends a record. `body` is at most max_body_bytes.
void append_record(std::string& out, RecordKind kind, std::string_view body);
/// The same for a body that stands in `out` already, from `at` + record_head_bytes to its end: fills in its head.
void finish_record(std::string& out, std::size_t at, RecordKind kind);

/// The body of the record of this kind at the beginning of `bytes`, which may go on behind it. nullopt: it is of
/// another kind, torn or damaged.
std::optional<std::string_view> body_of(std::string_view bytes, RecordKind kind);
/// How many bytes a record takes that begins with these, at least record_head_bytes of them; whether it is right, its
/// checksum tells only when they are all there.
std::size_t record_bytes(std::string_view head);

/// Numbers as the bodies of records hold them: little-endian.
void append_number(std::string& out, std::uint64_t value, std::size_t bytes);
std::uint64_t number_at(std::string_view bytes, std::size_t offset, std::size_t count);

}  // namespace posthouse::spool
