// Quoted-printable (RFC 2045 §6.7) written piece by piece, for parts that hold what 7-bit text may not.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace posthouse::dsn {

/// Encodes text in pieces of any size. CRLF and a bare LF are line ends; a bare CR and every other control character
/// are encoded. "=" is always encoded, so a boundary that holds "=_" can't come out.
class QuotedPrintableEncoder {
  public:
    void feed(std::string_view piece, std::string& out);
    /// The text ends here. No line end is added.
    void finish(std::string& out);

  private:
    void put(char c, bool encoded, std::string& out);
    void end_line(std::string& out);
    void release(bool encoded, std::string& out);

    std::size_t column_ = 0;
    char held_ = 0;  ///< white space, which has to be encoded if the line ends after it
    bool after_cr_ = false;
};

std::string encode_quoted_printable(std::string_view text);

/// 7bit (RFC 2045 §2.7): ASCII without NUL and other control characters but TAB, in lines that end in CRLF and have at
/// most 998 characters.
bool is_seven_bit(std::string_view text);

}  // namespace posthouse::dsn
