// The content of a message that a report returns.
#include "lib/dsn/content.h"

#include <algorithm>
#include <utility>

#include "lib/base/ascii.h"
#include "lib/dsn/notification.h"

namespace posthouse::dsn {

void ContentScanner::feed(std::string_view piece) {
    content_.size += piece.size();
    const bool eight_bit = std::ranges::any_of(piece, ascii::is_8bit);
    content_.eight_bit = content_.eight_bit || eight_bit;
    while (!piece.empty()) {
        const std::size_t lf = piece.find('\n');
        const std::string_view line = piece.substr(0, lf);
        if (line_start_.size() < delimiter_.size()) {
            line_start_ += line.substr(0, delimiter_.size() - line_start_.size());
            if (line_start_ == delimiter_) content_.boundary_occurs = true;
        }
        if (!header_done_) {
            if (eight_bit && std::ranges::any_of(line, ascii::is_8bit)) content_.header_eight_bit = true;
            header_line_ += line.substr(0, max_returned_header + 1 - header_line_.size());
        }
        if (lf == std::string_view::npos) return;
        if (!header_done_) end_header_line();
        line_start_.clear();
        piece.remove_prefix(lf + 1);
    }
}

void ContentScanner::end_header_line() {
    if (header_line_.ends_with('\r')) header_line_.pop_back();
    header_done_ = header_line_.empty();
    if (header_done_ || header_full_) {
        header_line_.clear();
        return;
    }
    if (!ascii::is_wsp(header_line_[0])) last_field_ = content_.header.size();
    header_full_ = content_.header.size() + header_line_.size() + 2 > max_returned_header;
    if (header_full_) {
        content_.header.resize(last_field_);
    } else {
        content_.header.append(header_line_) += "\r\n";
    }
    header_line_.clear();
}

Content ContentScanner::finish(bool whole) {
    if (!header_done_ && !header_line_.empty()) end_header_line();
    content_.whole = whole;
    return std::exchange(content_, {});
}

std::string make_boundary(std::string_view random) {
    constexpr std::size_t longest = 60;  // RFC 2046 §5.1.1 permits 70
    std::string out = "=_";
    for (const char c : random.substr(0, longest)) out += ascii::is_alnum(c) ? c : 'x';
    return out;
}

}  // namespace posthouse::dsn
