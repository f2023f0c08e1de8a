// Substring search without regard to case, over UTF-8 (RFC 3501 §6.4.4 asks for it in strings).
#pragma once

#include <string>
#include <string_view>

namespace posthouse::imapd {

/// Text in a form in which letters of either case are equal (Unicode default case folding).
std::string fold_case(std::string_view utf8);

/// Looks for one text in many.
class TextMatch {
  public:
    explicit TextMatch(std::string_view wanted) : wanted_(fold_case(wanted)) {}
    /// `text` contains the wanted one. Linear in `text`.
    bool in(std::string_view text) const;

  private:
    std::string wanted_;
};

}  // namespace posthouse::imapd
