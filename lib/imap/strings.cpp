// Strings as IMAP writes them.
#include "lib/imap/strings.h"

#include <algorithm>

#include "lib/base/ascii.h"

namespace posthouse::imap {
namespace {

constexpr std::size_t kLongestQuoted = 1000;

}  // namespace

bool is_atom_char(char c) {
    if (ascii::is_control(c) || ascii::is_8bit(c)) return false;
    return std::string_view(" (){%*\"\\]").find(c) == std::string_view::npos;
}

bool is_astring_char(char c) { return is_atom_char(c) || c == ']'; }

bool is_list_char(char c) { return is_astring_char(c) || c == '%' || c == '*'; }

bool is_quotable(std::string_view text) {
    return std::ranges::none_of(text, [](char c) { return c == '\0' || c == '\r' || c == '\n' || ascii::is_8bit(c); });
}

void append_quoted(std::string& out, std::string_view text) {
    out += '"';
    std::size_t copied = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '"' && text[i] != '\\') continue;
        out += text.substr(copied, i - copied);
        out += '\\';
        copied = i;
    }
    out += text.substr(copied);
    out += '"';
}

void append_literal(std::string& out, std::string_view bytes) {
    out += '{';
    out += std::to_string(bytes.size());
    out += "}\r\n";
    const std::size_t start = out.size();
    out += bytes;
    std::replace(out.begin() + static_cast<std::ptrdiff_t>(start), out.end(), '\0', '\x80');
}

void append_string(std::string& out, std::string_view text) {
    if (text.size() <= kLongestQuoted && is_quotable(text)) {
        append_quoted(out, text);
    } else {
        append_literal(out, text);
    }
}

void append_nstring(std::string& out, std::optional<std::string_view> text) {
    if (text) {
        append_string(out, *text);
    } else {
        out += "NIL";
    }
}

void append_astring(std::string& out, std::string_view text) {
    const bool atom = !text.empty() && text.size() <= kLongestQuoted && std::ranges::all_of(text, is_astring_char) &&
                      !ascii::iequals(text, "NIL");
    if (atom) {
        out += text;
    } else {
        append_string(out, text);
    }
}

void append_mailbox(std::string& out, std::string_view name) {
    const bool plain = ascii::is_ascii(name) || !ascii::is_utf8(name) || name.size() > kLongestQuoted ||
                       std::ranges::any_of(name, ascii::is_control);
    if (plain)
        append_astring(out, name);
    else
        append_quoted(out, name);
}

std::string reply_text(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (const char c : text) out += ascii::is_control(c) || ascii::is_8bit(c) ? '?' : c;
    if (out.empty()) return "-";
    if (out.front() == '[') out.insert(0, "- ");
    return out;
}

}  // namespace posthouse::imap
