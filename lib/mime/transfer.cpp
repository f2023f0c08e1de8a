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
    const std::string_view text = line.substr(0, end);
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
    if (!soft) out += line_end;
}

}  // namespace

std::string decode_base64(std::string_view text) {
    std::string out;
    out.reserve(text.size() / 4 * 3 + 3);
    std::uint32_t bits = 0;
    int count = 0;  // characters of the quantum so far
    const auto flush = [&] {
        if (count >= 2) out += static_cast<char>(bits >> (count == 2 ? 4U : 10U));
        if (count == 3) out += static_cast<char>(bits >> 2U);
        bits = 0;
        count = 0;
    };
    for (const char c : text) {
        const std::uint8_t value = base64_values[static_cast<unsigned char>(c)];
        if (value == not_base64) {
            if (c == '=') flush();
            continue;
        }
        bits = bits << 6U | value;
        if (++count < 4) continue;
        const std::array<char, 3> bytes = {static_cast<char>(bits >> 16U), static_cast<char>(bits >> 8U),
                                           static_cast<char>(bits)};
        out.append(bytes.data(), bytes.size());
        bits = 0;
        count = 0;
    }
    flush();
    return out;
}

std::string decode_quoted_printable(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t position = 0; position < text.size();) {
        const auto lf = text.find('\n', position);
        const std::size_t next = lf == std::string_view::npos ? text.size() : lf + 1;
        decode_line(text.substr(position, next - position), out);
        position = next;
    }
    return out;
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

std::string decode_transfer(TransferEncoding encoding, std::string_view body) {
    switch (encoding) {
        case TransferEncoding::base64: return decode_base64(body);
        case TransferEncoding::quoted_printable: return decode_quoted_printable(body);
        case TransferEncoding::identity:
        case TransferEncoding::unknown: break;
    }
    return std::string(body);
}

}  // namespace posthouse::mime
