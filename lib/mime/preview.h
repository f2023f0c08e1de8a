// The preview of a message: the first words of its text (RFC 8970).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "lib/mime/structure.h"

namespace posthouse::mime {

/// Characters of a preview (RFC 8970 asks for 200, and forbids more than 256).
inline constexpr std::size_t max_preview = 200;

/// The first max_preview characters of a text part: decoded, HTML without its tags, styles and scripts, each run of
/// white space one space; invisible characters are left out. `bytes` is the beginning of the part's body. Empty when
/// there is nothing to read.
std::string preview(const Part& part, std::string_view bytes);

}  // namespace posthouse::mime
