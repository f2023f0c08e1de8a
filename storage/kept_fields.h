// The third record of a summary: header fields that mail programs ask for to show a list of messages, as they stand.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace posthouse::storage {

/// Octets of all kept fields of a message; of one that has more none are kept.
inline constexpr std::size_t kMaxKeptFields = 8 << 10;

/// A field of this name, in any case, is kept.
bool is_kept_field(std::string_view name);
/// The record of a header block in wire form.
std::string encode_kept_fields(std::string_view block);
/// The kept fields, whole, in their order in the message; each ends in CRLF. Nothing: they are too long, read the
/// message. invalid: damaged, or of another version; then it is to be made again.
Result<std::optional<std::string_view>> decode_kept_fields(std::string_view record);

}  // namespace posthouse::storage
