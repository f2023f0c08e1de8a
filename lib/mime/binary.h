// Messages with parts in binary (RFC 3516 §4.4), made such that lines of text can hold them.
#pragma once

#include <functional>
#include <string_view>

#include "lib/base/result.h"

namespace posthouse::mime {

/// Writes `message` piece by piece, with those parts in base64 that say they are in binary, or that hold a NUL though
/// they say nothing of an encoding; their Content-Transfer-Encoding fields follow, and those of the multiparts and
/// messages around them. What parts decode to stays the same. All else is copied.
/// invalid: what lines can't hold stands where no part could be encoded: in a header, between parts, in another
/// encoding, within what is signed. Otherwise the error of `write`.
Result<> encode_binary(std::string_view message, const std::function<Result<>(std::string_view piece)>& write);

}  // namespace posthouse::mime
