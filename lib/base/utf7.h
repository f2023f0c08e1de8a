// Modified UTF-7, in which IMAP4rev1 and Maildir++ write mailbox names that hold more than printable ASCII
// (RFC 3501 §5.1.3). Pure: text in, text out.
#pragma once

#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace posthouse::utf7 {

/// UTF-8 to modified UTF-7: printable ASCII stands for itself, "&" becomes "&-", everything else base64 of UTF-16.
/// Not UTF-8: invalid. At most 8 bytes come out for each that goes in.
Result<std::string> encode(std::string_view utf8);
/// Modified UTF-7 to UTF-8. Strict, so that each name has one spelling: bytes outside printable ASCII, an open or empty
/// shift, printable ASCII inside a shift, two shifts in a row, surplus bits and lone surrogates are invalid.
Result<std::string> decode(std::string_view utf7);

}  // namespace posthouse::utf7
