// Scanner: the lexical tokens that structured fields share: white space, comments, quoted strings (RFC 5322 §3.2).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "lib/base/ascii.h"

namespace posthouse::mime {

/// Reads a field's value from left to right, folded or not: CR and LF count as white space. Never goes back.
class Scanner {
  public:
    explicit Scanner(std::string_view text, std::size_t position = 0) : text_(text), position_(position) {}

    bool at_end() const { return position_ >= text_.size(); }
    /// The next byte; NUL at the end.
    char peek() const { return at_end() ? '\0' : text_[position_]; }
    bool at(char c) const { return !at_end() && text_[position_] == c; }
    void advance() { ++position_; }
    /// Passes over `c` when it is next.
    bool take(char c);
    std::size_t position() const { return position_; }
    void move_to(std::size_t position) { position_ = position; }
    std::string_view text() const { return text_; }
    std::string_view rest() const { return text_.substr(position_); }

    /// Passes over white space and comments, nested ones too; true when there was any. The text of the last comment,
    /// if any, replaces *comment. An unclosed comment ends with the text.
    bool skip_cfws(std::string* comment = nullptr);
    /// At a quote: appends the content of the quoted string, without backslashes and folds, to `out`. An unclosed one
    /// ends with the text.
    void quoted_string(std::string& out);
    /// The run of bytes that are neither white space, controls nor in `specials`.
    std::string_view word(std::string_view specials);

  private:
    void comment(std::string* out);

    std::string_view text_;
    std::size_t position_;
};

/// White space of a folded value.
constexpr bool is_space(char c) { return ascii::is_wsp(c) || c == '\r' || c == '\n'; }

}  // namespace posthouse::mime
