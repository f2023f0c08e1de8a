// HeaderCollector: the header of a message, as far as it is looked at, taken from the content as it comes.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace posthouse::smtpd {

class HeaderCollector {
  public:
    /// What is looked at of a header.
    static constexpr std::size_t max_size = 64u << 10;

    /// Takes content, in pieces of any size, in lines that end in CRLF.
    void feed(std::string_view content);
    /// Up to the empty line that ends it, or what fitted.
    const std::string& text() const { return text_; }
    /// There is more than fitted.
    bool is_cut() const { return cut_; }

  private:
    std::string text_;
    bool complete_ = false;
    bool cut_ = false;
};

}  // namespace posthouse::smtpd
