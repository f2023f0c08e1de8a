// Modified UTF-7, both ways (RFC 3501 §5.1.3).
#include "lib/imap/mailbox_name.h"

#include <cstdint>

#include "lib/base/ascii.h"

namespace posthouse::imap {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

bool is_printable(std::uint32_t c) { return c >= 0x20 && c <= 0x7e; }

void append_utf8(std::string& out, std::uint32_t c) {
    if (c < 0x80) {
        out += static_cast<char>(c);
    } else if (c < 0x800) {
        out += static_cast<char>(0xC0 | (c >> 6));
        out += static_cast<char>(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
        out += static_cast<char>(0xE0 | (c >> 12));
        out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
        out += static_cast<char>(0x80 | (c & 0x3F));
    } else {
        out += static_cast<char>(0xF0 | (c >> 18));
        out += static_cast<char>(0x80 | ((c >> 12) & 0x3F));
        out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
        out += static_cast<char>(0x80 | (c & 0x3F));
    }
}

/// Decodes what stands between "&" and "-"; false when it is not canonical.
bool decode_shifted(std::string_view encoded, std::string& out) {
    std::uint32_t bits = 0;
    int count = 0;
    std::uint32_t high = 0;  // a high surrogate that waits for its partner
    for (const char c : encoded) {
        const auto value = kAlphabet.find(c);
        if (value == std::string_view::npos) return false;
        bits = (bits << 6) | static_cast<std::uint32_t>(value);
        count += 6;
        if (count < 16) continue;
        count -= 16;
        const std::uint32_t unit = (bits >> count) & 0xFFFF;
        bits &= (1U << count) - 1;
        if (unit >= 0xDC00 && unit <= 0xDFFF) {
            if (high == 0) return false;
            append_utf8(out, 0x10000 + ((high - 0xD800) << 10) + (unit - 0xDC00));
            high = 0;
            continue;
        }
        if (high != 0) return false;
        if (unit >= 0xD800 && unit <= 0xDBFF) {
            high = unit;
            continue;
        }
        if (is_printable(unit) || unit < 0x20 || unit == 0x7f) return false;
        append_utf8(out, unit);
    }
    return high == 0 && count < 6 && bits == 0;
}

/// The code point at `i`, which moves behind it; the text is known to be well-formed.
std::uint32_t next_code_point(std::string_view utf8, std::size_t& i) {
    const auto lead = static_cast<unsigned char>(utf8[i++]);
    if (lead < 0x80) return lead;
    const int following = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
    std::uint32_t c = lead & (0x3FU >> following);
    for (int k = 0; k < following; ++k) c = (c << 6) | (static_cast<unsigned char>(utf8[i++]) & 0x3F);
    return c;
}

/// Writes 16-bit units as base64 without padding.
class ShiftedWriter {
  public:
    explicit ShiftedWriter(std::string& out) : out_(out) {}
    void unit(std::uint32_t value) {
        bits_ = (bits_ << 16) | value;
        count_ += 16;
        while (count_ >= 6) {
            count_ -= 6;
            out_ += kAlphabet[(bits_ >> count_) & 0x3F];
        }
        bits_ &= (1U << count_) - 1;
    }
    void code_point(std::uint32_t c) {
        if (c < 0x10000) return unit(c);
        unit(0xD800 + ((c - 0x10000) >> 10));
        unit(0xDC00 + ((c - 0x10000) & 0x3FF));
    }
    void finish() {
        if (count_ > 0) out_ += kAlphabet[(bits_ << (6 - count_)) & 0x3F];
        out_ += '-';
    }

  private:
    std::string& out_;
    std::uint32_t bits_ = 0;
    int count_ = 0;
};

}  // namespace

std::optional<std::string> decode_mailbox_name(std::string_view utf7) {
    std::string out;
    bool after_shifted = false;
    for (std::size_t i = 0; i < utf7.size();) {
        const char c = utf7[i];
        if (!is_printable(static_cast<unsigned char>(c))) return std::nullopt;
        if (c != '&') {
            out += c;
            after_shifted = false;
            ++i;
            continue;
        }
        const auto end = utf7.find('-', i);
        if (end == std::string_view::npos) return std::nullopt;
        if (end == i + 1) {
            out += '&';
            after_shifted = false;
        } else {
            // Two shifted runs in a row would be one in canonical form.
            if (after_shifted || !decode_shifted(utf7.substr(i + 1, end - i - 1), out)) return std::nullopt;
            after_shifted = true;
        }
        i = end + 1;
    }
    return out;
}

std::optional<std::string> encode_mailbox_name(std::string_view utf8) {
    if (!ascii::is_utf8(utf8)) return std::nullopt;
    std::string out;
    for (std::size_t i = 0; i < utf8.size();) {
        std::size_t next = i;
        std::uint32_t c = next_code_point(utf8, next);
        if (c < 0x20 || c == 0x7f) return std::nullopt;
        if (is_printable(c)) {
            out += static_cast<char>(c);
            if (c == '&') out += '-';
            i = next;
            continue;
        }
        out += '&';
        ShiftedWriter writer(out);
        while (c >= 0x80) {
            writer.code_point(c);
            i = next;
            if (i == utf8.size()) break;
            c = next_code_point(utf8, next);
        }
        writer.finish();
    }
    return out;
}

}  // namespace posthouse::imap
