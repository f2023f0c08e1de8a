// Decoders of base64 and quoted-printable bodies (RFC 2045 §6.7, §6.8), lenient: whatever comes, something comes out.
#pragma once

#include <string>
#include <string_view>

#include "lib/mime/content.h"

namespace posthouse::mime {

/// Base64 without regard to bytes outside of the alphabet; "=" ends a quantum, what follows starts the next (joined
/// encodings); an incomplete last quantum gives the whole bytes it holds.
std::string decode_base64(std::string_view text);
/// Quoted-printable: soft line breaks and white space at line ends go, lower-case digits are read, a "=" that
/// encodes nothing stays. Line ends stay as they are (LF or CRLF).
std::string decode_quoted_printable(std::string_view text);
/// The Q encoding of encoded words (RFC 2047 §4.2): "_" is a space.
std::string decode_q(std::string_view text);

/// A body without its transfer encoding; identity and unknown give the bytes as they are.
std::string decode_transfer(TransferEncoding encoding, std::string_view body);

}  // namespace posthouse::mime
