// Hashes that tell texts apart, whoever made them.
#pragma once

#include <string>
#include <string_view>

namespace posthouse {

/// BLAKE2b-256 without a key: 32 octets, always the same of a text. make_id(blake2b(text)) is an id of it.
std::string blake2b(std::string_view text);

}  // namespace posthouse
