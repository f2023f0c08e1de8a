// Encoders of quoted-printable and base64 bodies (RFC 2045 §6.7, §6.8), in lines of at most 76 characters.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace posthouse::mime {

/// Takes what is written, piece by piece.
using Write = std::function<Result<>(std::string_view piece)>;

/// How much of `body` quoted-printable would have to escape; line ends aside.
std::size_t count_escapes(std::string_view body);

/// Writes `body`, which is lines, in quoted-printable. Line ends stay as they are (CRLF or LF); `line_end` is for the
/// soft ones. No line that comes of a break begins with "-", so none can be taken for a boundary. Errors: of `write`.
Result<> write_quoted_printable(std::string_view body, std::string_view line_end, const Write& write);

/// Octets in base64, piece by piece.
class Base64Writer {
  public:
    Base64Writer(std::string_view line_end, const Write& write) : line_end_(line_end), write_(write) {}

    Result<> feed(std::string_view octets);
    /// Writes the rest; with a line end after the last line, or without.
    Result<> finish(bool ends_line);

  private:
    std::string_view line_end_;
    const Write& write_;
    std::string held_;  ///< not yet encoded; less than a piece
};

}  // namespace posthouse::mime
