// Dot-stuffing encoder: looks only at line ends (memchr) and copies everything between two changes in one piece.
#include "lib/pop3/dot_stuffing.h"

#include <cstddef>
#include <cstring>

namespace posthouse::pop3 {

void DotStuffer::encode(std::string_view bytes, std::string& out) {
    const char* const end = bytes.data() + bytes.size();
    const char* line = bytes.data();
    const char* copied = line;  // everything before it is in `out`
    while (line != end) {
        if (line_start_ && *line == '.') {
            out.append(copied, line);
            out += '.';
            copied = line;
        }
        const auto* newline = static_cast<const char*>(std::memchr(line, '\n', static_cast<std::size_t>(end - line)));
        if (newline == nullptr) {
            line_start_ = false;
            after_cr_ = end[-1] == '\r';
            break;
        }
        const bool has_cr = newline == line ? after_cr_ : newline[-1] == '\r';
        if (!has_cr) {
            out.append(copied, newline);
            out += '\r';
            copied = newline;
        }
        line = newline + 1;
        line_start_ = true;
        after_cr_ = false;
    }
    out.append(copied, end);
}

void DotStuffer::finish(std::string& out) {
    if (!line_start_) out += after_cr_ ? "\n" : "\r\n";
    out += ".\r\n";
    line_start_ = true;
    after_cr_ = false;
}

}  // namespace posthouse::pop3
