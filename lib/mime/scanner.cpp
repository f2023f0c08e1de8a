// The lexical tokens that structured fields share.
#include "lib/mime/scanner.h"

namespace posthouse::mime {

bool Scanner::take(char c) {
    if (!at(c)) return false;
    ++position_;
    return true;
}

bool Scanner::skip_cfws(std::string* comment_text) {
    const std::size_t start = position_;
    for (; !at_end(); ++position_) {
        if (is_space(text_[position_])) continue;
        if (text_[position_] != '(') break;
        if (comment_text != nullptr) comment_text->clear();
        comment(comment_text);
        if (at_end()) break;
    }
    return position_ != start;
}

/// At "("; ends at its ")", or at the end of the text.
void Scanner::comment(std::string* out) {
    std::size_t depth = 0;
    for (; !at_end(); ++position_) {
        char c = text_[position_];
        if (c == '(' && depth++ == 0) continue;
        if (c == ')' && --depth == 0) return;
        if (c == '\r' || c == '\n') continue;
        if (c == '\\' && position_ + 1 < text_.size()) c = text_[++position_];
        if (out != nullptr) *out += c;
    }
}

void Scanner::quoted_string(std::string& out) {
    for (++position_; !at_end(); ++position_) {
        char c = text_[position_];
        if (c == '"') {
            ++position_;
            return;
        }
        if (c == '\r' || c == '\n') continue;
        if (c == '\\' && position_ + 1 < text_.size()) c = text_[++position_];
        out += c;
    }
}

std::string_view Scanner::word(std::string_view specials) {
    const std::size_t start = position_;
    while (!at_end() && !is_space(text_[position_]) && !ascii::is_control(text_[position_]) &&
           specials.find(text_[position_]) == std::string_view::npos) {
        ++position_;
    }
    return text_.substr(start, position_ - start);
}

}  // namespace posthouse::mime
