// Numbers in the text of hashes.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace posthouse::auth {

/// Removes `prefix` and the number after it up to and with `end`; nullopt: it is not so.
std::optional<std::uint64_t> take_number(std::string_view& text, std::string_view prefix, char end);

}  // namespace posthouse::auth
