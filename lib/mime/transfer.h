// Decoders of base64 and quoted-printable bodies (RFC 2045 §6.7, §6.8), lenient: whatever comes, something comes out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "lib/mime/content.h"

namespace posthouse::mime {

/// A body without its transfer encoding, piece by piece, in bounded memory. A copy goes on from the same place.
class TransferDecoder {
  public:
    explicit TransferDecoder(TransferEncoding encoding) : encoding_(encoding) {}

    /// Appends what `piece` decodes to, as far as what follows can't change it.
    void feed(std::string_view piece, std::string& out);
    /// The body ends here: appends the rest.
    void finish(std::string& out);

    /// What is kept of a line of quoted-printable until its end is seen; white space before an end that comes later
    /// than that stays.
    static constexpr std::size_t max_held = 4096;

  private:
    void feed_base64(std::string_view piece, std::string& out);
    void end_quantum(std::string& out);
    void feed_quoted_printable(std::string_view piece, std::string& out);

    TransferEncoding encoding_;
    std::uint32_t bits_ = 0;
    int characters_ = 0;  ///< of the present quantum
    std::string held_;    ///< of a line of quoted-printable
};

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
