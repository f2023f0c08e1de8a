// Decoders of base64 and quoted-printable.
#include "lib/mime/transfer.h"

#include <array>
#include <cstdint>

#include "lib/base/ascii.h"

namespace posthouse::mime {
namespace {

constexpr std::uint8_t not_base64 = 0xff;

constexpr std::array<std::uint8_t, 256> make_base64_values() {
    std::array<std::uint8_t, 256> values{};
    values.fill(not_base64);
    constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (std::size_t i = 0; i < alphabet.size(); ++i) {
        values[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint8_t>(i);
    }
    return values;
}
constexpr std::array<std::uint8_t, 256> base64_values = make_base64_values();

int hex_value(char c) {
    if (ascii::is_digit(c)) return c - '0';
    const char low = ascii::to_lower(c);
    return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

/// The byte that "=XX" at `position` encodes, or -1.
int encoded_byte(std::string_view text, std::size_t position) {
    if (position + 2 >= text.size()) return -1;
    const int high = hex_value(text[position + 1]);
    const int low = hex_value(text[position + 2]);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

/// Appends the octets that quoted-printable without a line end stands for.
void decode_octets(std::string_view text, std::string& out) {
    for (std::size_t i = 0; i < text.size();) {
        const auto equals = text.find('=', i);
        if (equals == std::string_view::npos) {
            out += text.substr(i);
            break;
        }
        out += text.substr(i, equals - i);
        const int byte = encoded_byte(text, equals);
        out += byte < 0 ? '=' : static_cast<char>(byte);
        i = equals + (byte < 0 ? 1 : 3);
    }
}

/// Appends a line of quoted-printable, its line end included.
void decode_line(std::string_view line, std::string& out) {
    std::size_t end = line.size();
    if (end > 0 && line[end - 1] == '\n') --end;
    if (end < line.size() && end > 0 && line[end - 1] == '\r') --end;
    const std::string_view line_end = line.substr(end);
    while (end > 0 && ascii::is_wsp(line[end - 1])) --end;
    bool soft = false;
    if (end > 0 && line[end - 1] == '=') {
        soft = true;
        --end;
    }
    decode_octets(line.substr(0, end), out);
    if (!soft) out += line_end;
}

/// How much of a line's beginning decodes to the same whatever follows.
std::size_t settled_length(std::string_view text) {
    std::size_t end = text.size();
    while (end > 0 && (ascii::is_wsp(text[end - 1]) || text[end - 1] == '\r')) --end;
    const auto equals = text.substr(0, end).find('=', end < 2 ? 0 : end - 2);
    return equals == std::string_view::npos || equals >= end ? end : equals;
}

std::string decode_all(TransferEncoding encoding, std::string_view text) {
    std::string out;
    TransferDecoder decoder(encoding);
    decoder.feed(text, out);
    decoder.finish(out);
    return out;
}

}  // namespace

void TransferDecoder::feed(std::string_view piece, std::string& out) {
    switch (encoding_) {
        case TransferEncoding::base64: return feed_base64(piece, out);
        case TransferEncoding::quoted_printable: return feed_quoted_printable(piece, out);
        case TransferEncoding::identity:
        case TransferEncoding::unknown: break;
    }
    out += piece;
}

void TransferDecoder::finish(std::string& out) {
    end_quantum(out);
    decode_line(held_, out);
    held_.clear();
}

void TransferDecoder::feed_base64(std::string_view piece, std::string& out) {
    out.reserve(out.size() + piece.size() / 4 * 3 + 3);
    for (const char c : piece) {
        const std::uint8_t value = base64_values[static_cast<unsigned char>(c)];
        if (value == not_base64) {
            if (c == '=') end_quantum(out);
            continue;
        }
        bits_ = bits_ << 6U | value;
        if (++characters_ < 4) continue;
        const std::array<char, 3> bytes = {static_cast<char>(bits_ >> 16U), static_cast<char>(bits_ >> 8U),
                                           static_cast<char>(bits_)};
        out.append(bytes.data(), bytes.size());
        bits_ = 0;
        characters_ = 0;
    }
}

void TransferDecoder::end_quantum(std::string& out) {
    if (characters_ >= 2) out += static_cast<char>(bits_ >> (characters_ == 2 ? 4U : 10U));
    if (characters_ == 3) out += static_cast<char>(bits_ >> 2U);
    bits_ = 0;
    characters_ = 0;
}

void TransferDecoder::feed_quoted_printable(std::string_view piece, std::string& out) {
    while (!piece.empty()) {
        const auto lf = piece.find('\n');
        const bool ends = lf != std::string_view::npos;
        const std::string_view part = piece.substr(0, ends ? lf + 1 : piece.size());
        piece.remove_prefix(part.size());
        if (ends && held_.empty()) {
            decode_line(part, out);
            continue;
        }
        held_ += part;
        if (ends) {
            decode_line(held_, out);
            held_.clear();
        } else if (held_.size() > max_held) {
            std::size_t settled = settled_length(held_);
            if (held_.size() - settled > max_held) settled = held_.size();
            decode_octets(std::string_view(held_).substr(0, settled), out);
            held_.erase(0, settled);
        }
    }
}

std::string decode_base64(std::string_view text) { return decode_all(TransferEncoding::base64, text); }

std::string decode_quoted_printable(std::string_view text) {
    return decode_all(TransferEncoding::quoted_printable, text);
}

std::string decode_q(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        const int byte = text[i] == '=' ? encoded_byte(text, i) : -1;
        if (byte >= 0) {
            out += static_cast<char>(byte);
            i += 2;
        } else {
            out += text[i] == '_' ? ' ' : text[i];
        }
    }
    return out;
}

std::string decode_transfer(TransferEncoding encoding, std::string_view body) { return decode_all(encoding, body); }

}  // namespace posthouse::mime
