// Encoders of quoted-printable and base64.
#include "lib/mime/transfer_encoder.h"

#include <algorithm>

#include "lib/base/ascii.h"
#include "lib/base/base64.h"

namespace posthouse::mime {
namespace {

constexpr std::size_t max_line = 76;
/// Octets that make one line of base64.
constexpr std::size_t octets_per_line = 57;
/// Octets that are encoded at a time.
constexpr std::size_t block = 512 * octets_per_line;

bool is_plain(char c) { return c > ' ' && c < 0x7f && c != '='; }

void append_escape(char c, std::string& out) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    const auto byte = static_cast<unsigned char>(c);
    out += '=';
    out += digits[byte >> 4U];
    out += digits[byte & 15U];
}

/// Appends a piece of a line, broken softly where it grows too long. `column`: where the piece begins, and after that
/// ends; `ends`: the line ends with it.
void append_quoted(std::string_view piece, bool ends, std::string_view line_end, std::size_t& column,
                   std::string& out) {
    for (std::size_t i = 0; i < piece.size(); ++i) {
        const char c = piece[i];
        const bool last = ends && i + 1 == piece.size();
        bool plain = is_plain(c) || (ascii::is_wsp(c) && !last);
        // Room for the "=" of a soft line break, but at the end of the line.
        if (column + (plain ? 1 : 3) > (last ? max_line : max_line - 1)) {
            out.append("=").append(line_end);
            column = 0;
            plain = plain && c != '-';
        }
        if (plain) {
            out += c;
        } else {
            append_escape(c, out);
        }
        column += plain ? 1 : 3;
    }
}

}  // namespace

std::size_t count_escapes(std::string_view body) {
    return static_cast<std::size_t>(std::ranges::count_if(
        body, [](char c) { return !is_plain(c) && !ascii::is_wsp(c) && c != '\r' && c != '\n'; }));
}

Result<> write_quoted_printable(std::string_view body, std::string_view line_end, const Write& write) {
    std::string out;
    while (!body.empty()) {
        const std::size_t lf = body.find('\n');
        const bool ended = lf != std::string_view::npos;
        std::string_view line = body.substr(0, lf);
        body.remove_prefix(ended ? lf + 1 : body.size());
        const bool with_cr = ended && line.ends_with('\r');
        if (with_cr) line.remove_suffix(1);
        std::size_t column = 0;
        while (line.size() > block) {
            append_quoted(line.substr(0, block), false, line_end, column, out);
            line.remove_prefix(block);
            if (Result<> done = write(out); !done) return done;
            out.clear();
        }
        append_quoted(line, true, line_end, column, out);
        if (ended) out += with_cr ? "\r\n" : "\n";
        if (out.size() < block && !body.empty()) continue;
        if (Result<> done = write(out); !done) return done;
        out.clear();
    }
    return {};
}

Result<> Base64Writer::feed(std::string_view octets) {
    while (!octets.empty()) {
        const std::size_t taken = std::min(octets.size(), block - held_.size());
        held_ += octets.substr(0, taken);
        octets.remove_prefix(taken);
        if (held_.size() < block || octets.empty()) continue;
        if (Result<> done = finish(true); !done) return done;
    }
    return {};
}

Result<> Base64Writer::finish(bool ends_line) {
    std::string lines;
    for (std::size_t at = 0; at < held_.size(); at += octets_per_line) {
        lines += base64::encode(std::string_view(held_).substr(at, octets_per_line));
        if (ends_line || at + octets_per_line < held_.size()) lines += line_end_;
    }
    held_.clear();
    return lines.empty() ? Result<>{} : write_(lines);
}

}  // namespace posthouse::mime
