// Counting of lines for TOP: the header ends with the first empty line, then the body's lines are counted.
#include "lib/pop3/top.h"

#include <cstring>

namespace posthouse::pop3 {

std::size_t TopLimit::take(std::string_view bytes) {
    const char* const begin = bytes.data();
    const char* const end = begin + bytes.size();
    const char* line = begin;
    while (!done_ && line != end) {
        const auto* newline = static_cast<const char*>(std::memchr(line, '\n', static_cast<std::size_t>(end - line)));
        if (in_header_) {
            const char* const line_end = newline == nullptr ? end : newline;
            // Empty is nothing at all, or one CR before the LF, which may have come at the end of the last piece.
            const auto length = static_cast<std::size_t>(line_end - line);
            if (length > 1 || (length == 1 && (*line != '\r' || after_cr_))) line_empty_ = false;
            if (length == 1 && *line == '\r') after_cr_ = true;
        }
        if (newline == nullptr) return bytes.size();
        line = newline + 1;
        if (in_header_) {
            in_header_ = !line_empty_;
            done_ = !in_header_ && lines_left_ == 0;
            line_empty_ = true;
            after_cr_ = false;
        } else {
            done_ = --lines_left_ == 0;
        }
    }
    return static_cast<std::size_t>(line - begin);
}

}  // namespace posthouse::pop3
