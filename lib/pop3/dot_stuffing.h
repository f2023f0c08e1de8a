// The body of a multi-line reply (RFC 1939 §3): message bytes with LF or CRLF become lines with CRLF, dots stuffed.
#pragma once

#include <string>
#include <string_view>

namespace posthouse::pop3 {

/// Encodes one multi-line body in pieces; memory is the caller's `out` only. A bare CR is kept as it is.
class DotStuffer {
  public:
    /// Appends the encoding of the next bytes of the body to `out`. Pieces may end anywhere.
    void encode(std::string_view bytes, std::string& out);
    /// Ends the last line where it has no end, and appends the lone dot.
    void finish(std::string& out);

  private:
    bool line_start_ = true;
    bool after_cr_ = false;
};

}  // namespace posthouse::pop3
