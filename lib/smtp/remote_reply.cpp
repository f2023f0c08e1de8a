// Replies of remote servers: their meaning, and their text made harmless.
#include "lib/smtp/remote_reply.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <string_view>

#include "lib/base/ascii.h"

namespace posthouse::smtp {
namespace {

constexpr std::string_view cut_mark = "...";

/// Letters, marks, digits, punctuation and symbols: no controls, no format characters (which turn the direction of what
/// follows), nothing that isn't assigned.
bool is_graphic(UChar32 point) { return u_isgraph(point) != 0 && point != 0xfffd; }

bool is_space(UChar32 point) { return point == '\t' || u_charType(point) == U_SPACE_SEPARATOR; }

/// Appends `text` made printable; stops once `out` is longer than `max_size`.
void append_printable(std::string& out, std::string_view text, std::size_t max_size, Utf8 utf8) {
    const auto length = static_cast<std::int32_t>(text.size());
    for (std::int32_t i = 0; i < length && out.size() <= max_size;) {
        const auto begin = static_cast<std::size_t>(i);
        UChar32 point = 0;
        // NOLINTNEXTLINE(bugprone-inc-dec-in-conditions): the macro is ICU's
        U8_NEXT_OR_FFFD(text.data(), i, length, point);
        if (is_space(point)) {
            out += ' ';
        } else if (is_graphic(point) && (point < 0x80 || utf8 == Utf8::allowed)) {
            out.append(text.substr(begin, static_cast<std::size_t>(i) - begin));
        } else {
            out += '?';
        }
    }
}

/// Cuts to `max_size` octets, between characters.
void cut(std::string& text, std::size_t max_size) {
    if (text.size() <= max_size) return;
    std::size_t end = max_size - cut_mark.size();
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
    text.resize(end);
    text += cut_mark;
}

}  // namespace

Verdict verdict_of(const Reply& reply, Verb command) {
    if (reply.positive()) return Verdict::done;
    if (reply.code >= 300 && reply.code < 400 && (command == Verb::data || command == Verb::auth)) {
        return Verdict::go_on;
    }
    if (reply.code == 552 && command == Verb::rcpt && (reply.status.empty() || reply.status == "5.5.3")) {
        return Verdict::transient;
    }
    return reply.code >= 500 && reply.code < 600 ? Verdict::permanent : Verdict::transient;
}

std::string status_of(const Reply& reply) {
    if (!reply.status.empty()) return reply.status;
    const int first = reply.code / 100;
    return first == 2 ? "2.0.0" : first == 5 ? "5.0.0" : "4.0.0";
}

std::string diagnostic(const Reply& reply, std::size_t max_size, Utf8 utf8) {
    std::string out = std::to_string(reply.code);
    if (!reply.status.empty()) out.append(" ").append(reply.status);
    for (const std::string& line : reply.lines) {
        if (out.size() > max_size) break;
        if (line.empty()) continue;
        out += ' ';
        append_printable(out, line, max_size, utf8);
    }
    cut(out, std::max<std::size_t>(max_size, 8));
    return out;
}

}  // namespace posthouse::smtp
