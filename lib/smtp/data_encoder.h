// Message content for DATA as a client sends it (RFC 5321 §4.5.2): lines end in CRLF, dots are stuffed.
#pragma once

#include <string>
#include <string_view>

namespace posthouse::smtp {

/// Encodes content in pieces of any size. A bare LF becomes CRLF, a bare CR stays.
class DataEncoder {
  public:
    void feed(std::string_view content, std::string& out);
    /// Ends the data: a CRLF if the content didn't end with one, then `.CRLF`.
    void finish(std::string& out);

  private:
    bool line_start_ = true;
    bool after_cr_ = false;
};

}  // namespace posthouse::smtp
