// key=value lines, the text of envelopes and journal events: values may hold any byte, lines have bounds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace posthouse::spool {

/// Longest key, and longest value before escaping.
inline constexpr std::size_t max_key_bytes = 32;
inline constexpr std::size_t max_value_bytes = 4096;
/// The last second of the year 9999: no time in an envelope or a journal is later.
inline constexpr std::int64_t max_time = 253'402'300'799;

/// Appends "key=value" LF. Control characters and `%` of the value become `%XX`.
void append_field(std::string& text, std::string_view key, std::string_view value);
void append_field(std::string& text, std::string_view key, std::int64_t value);

/// Takes one field; an error ends the parsing.
using FieldVisitor = std::function<Result<>(std::string_view key, std::string&& value)>;
/// Visits each line, in order. Errors: invalid (no `=`, an escape that is none, a raw control character, a last line
/// without LF), limit, and the visitor's.
Result<> parse_fields(std::string_view text, const FieldVisitor& visit);

/// Seconds since 1970, 0 to max_time, without leading zeros; nullopt: something else.
std::optional<std::int64_t> parse_time(std::string_view text);

}  // namespace posthouse::spool
