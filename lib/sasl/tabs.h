// Lines of Dovecot's auth protocols: fields between tabs, with \001 as the escape, and key=value parameters.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"

namespace posthouse::sasl {

/// The longest line of the auth protocols without its LF. Dovecot's clients send at most 8 KiB; an initial response
/// of 12 KiB (a large OAuth token) must fit too.
inline constexpr std::size_t max_auth_line = 16384;
/// The most fields of one line; Dovecot sends about 20.
inline constexpr std::size_t max_fields = 64;

/// A parameter of a line: `key=value`, or a bare `key` with an empty value.
struct Parameter {
    std::string key;
    std::string value;
    friend bool operator==(const Parameter&, const Parameter&) = default;
};
using Parameters = std::vector<Parameter>;

/// The value of the first parameter named `key`, or null. (A bare key has an empty value.)
const std::string* find_parameter(const Parameters& parameters, std::string_view key);

/// Escapes NUL, \001, tab, CR and LF as \001 and one of `01trn`.
std::string tab_escape(std::string_view text);
/// Undoes tab_escape; a \001 before anything else is invalid.
Result<std::string> tab_unescape(std::string_view text);

/// Cuts a line (without its LF; a CR before it is dropped) at its tabs; the fields are still escaped.
/// limit: longer than max_auth_line, or more than max_fields. invalid: empty, or with a NUL or LF in it.
Result<std::vector<std::string_view>> split_line(std::string_view line);
/// An unescaped parameter from one field.
Result<Parameter> parse_parameter(std::string_view field);
/// Unescaped parameters from `fields[first]` on.
Result<Parameters> parse_parameters(const std::vector<std::string_view>& fields, std::size_t first);
/// Appends `TAB key[=value]`, escaped; an empty value makes a bare key.
void append_parameter(std::string& line, std::string_view key, std::string_view value = {});
void append_parameters(std::string& line, const Parameters& parameters);
/// A decimal number of 32 bits, as ids, process ids and versions are.
std::optional<std::uint32_t> parse_u32(std::string_view text);

}  // namespace posthouse::sasl
