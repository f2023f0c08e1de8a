// Replies of SMTP: the wire form, and the parser for those of a remote server.
#include "lib/smtp/reply.h"

#include <algorithm>

#include "lib/base/ascii.h"
#include "lib/smtp/limits.h"

namespace posthouse::smtp {
namespace {

/// The longest piece of `text` that fits into `room` bytes, broken at a space where there is one, never inside a
/// UTF-8 character.
std::size_t piece_length(std::string_view text, std::size_t room) {
    if (text.size() <= room) return text.size();
    const auto space = text.rfind(' ', room);
    if (space != std::string_view::npos && space > 0) return space;
    std::size_t length = room;
    while (length > 1 && (static_cast<unsigned char>(text[length]) & 0xC0) == 0x80) --length;
    return length;
}

}  // namespace

std::string Reply::text() const {
    std::string out;
    for (const auto& line : lines) {
        if (!out.empty()) out += ' ';
        out += line;
    }
    return out;
}

void Reply::append_to(std::string& out) const {
    const std::size_t overhead = 4 + (status.empty() ? 0 : status.size() + 1) + 2;
    const std::size_t room = max_reply_line - overhead;
    std::vector<std::string_view> pieces;
    for (const std::string_view line : lines) {
        std::string_view rest = line;
        do {
            const std::size_t length = piece_length(rest, room);
            pieces.push_back(rest.substr(0, length));
            rest.remove_prefix(length);
            if (rest.starts_with(' ') && !rest.empty()) rest.remove_prefix(1);
        } while (!rest.empty());
    }
    if (pieces.empty()) pieces.emplace_back();
    for (std::size_t i = 0; i < pieces.size(); ++i) {
        out += std::to_string(code);
        out += i + 1 < pieces.size() ? '-' : ' ';
        if (!status.empty()) out.append(status) += ' ';
        std::ranges::transform(pieces[i], std::back_inserter(out),
                               [](char c) { return ascii::is_control(c) ? '?' : c; });
        out += "\r\n";
    }
}

std::string Reply::to_line() const {
    return std::to_string(code) + " " + status + (status.empty() ? "" : " ") + text();
}

std::string Reply::to_wire() const {
    std::string out;
    append_to(out);
    return out;
}

std::size_t enhanced_status_length(int code, std::string_view text) {
    // class "." subject "." detail, the class equal to the first digit of the code (RFC 2034 §3, RFC 3463 §2).
    if (text.size() < 5 || text[0] != static_cast<char>('0' + code / 100) || text[1] != '.') return 0;
    std::size_t at = 2;
    for (const bool last : {false, true}) {
        const std::size_t start = at;
        while (at < text.size() && ascii::is_digit(text[at]) && at - start < 3) ++at;
        if (at == start) return 0;
        if (last) break;
        if (at == text.size() || text[at] != '.') return 0;
        ++at;
    }
    return at == text.size() || text[at] == ' ' ? at : 0;
}

Result<bool> ReplyParser::add_line(std::string_view line) {
    if (reply_.lines.size() >= max_lines || bytes_ + line.size() > max_bytes) {
        return fail(ErrorCode::limit, "The server's reply is too long");
    }
    const bool has_code = line.size() >= 3 && line[0] >= '2' && line[0] <= '5' && ascii::is_digit(line[1]) &&
                          ascii::is_digit(line[2]) && (line.size() == 3 || line[3] == ' ' || line[3] == '-');
    if (!has_code) return fail(ErrorCode::invalid, "The server's reply has no code");
    const int code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
    if (!reply_.lines.empty() && code != reply_.code) {
        return fail(ErrorCode::invalid, "The server's reply changes its code between lines");
    }
    const bool last = line.size() == 3 || line[3] == ' ';
    std::string_view text = line.substr(std::min<std::size_t>(4, line.size()));
    if (const std::size_t length = enhanced_status_length(code, text); length != 0) {
        if (reply_.lines.empty()) reply_.status = text.substr(0, length);
        if (text.substr(0, length) == reply_.status) text.remove_prefix(std::min(length + 1, text.size()));
    }
    reply_.code = code;
    bytes_ += line.size();
    reply_.lines.emplace_back(text);
    return last;
}

Reply ReplyParser::take() {
    bytes_ = 0;
    return std::exchange(reply_, Reply());
}

}  // namespace posthouse::smtp
