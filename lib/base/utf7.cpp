// Modified UTF-7 (RFC 3501 §5.1.3): base64 of UTF-16BE with "," in place of "/", without padding, between "&" and "-".
#include "lib/base/utf7.h"

#include <cstdint>

#include "lib/base/ascii.h"

namespace posthouse::utf7 {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

bool is_direct(char c) { return c >= 0x20 && c <= 0x7e; }

/// Reads one character of well-formed UTF-8 and moves `at` past it.
char32_t next_character(std::string_view utf8, std::size_t& at) {
    const auto lead = static_cast<unsigned char>(utf8[at++]);
    const int more = lead < 0x80 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
    char32_t character = more == 0 ? lead : lead & (0x3fu >> more);
    for (int i = 0; i < more; ++i) character = character << 6 | (static_cast<unsigned char>(utf8[at++]) & 0x3fu);
    return character;
}

void append_utf8(std::string& out, char32_t c) {
    const auto put = [&out](char32_t byte) { out += static_cast<char>(static_cast<unsigned char>(byte)); };
    if (c < 0x80) {
        put(c);
    } else if (c < 0x800) {
        put(0xc0 | c >> 6);
        put(0x80 | (c & 0x3f));
    } else if (c < 0x10000) {
        put(0xe0 | c >> 12);
        put(0x80 | (c >> 6 & 0x3f));
        put(0x80 | (c & 0x3f));
    } else {
        put(0xf0 | c >> 18);
        put(0x80 | (c >> 12 & 0x3f));
        put(0x80 | (c >> 6 & 0x3f));
        put(0x80 | (c & 0x3f));
    }
}

/// Collects UTF-16 units and writes them as base64.
class Shift {
  public:
    explicit Shift(std::string& out) : out_(out) { out_ += '&'; }
    void add(char32_t c) {
        if (c >= 0x10000) {
            unit(0xd800 + ((c - 0x10000) >> 10));
            unit(0xdc00 + ((c - 0x10000) & 0x3ff));
        } else {
            unit(c);
        }
    }
    void end() {
        if (count_ > 0) out_ += alphabet[bits_ << (6 - count_) & 0x3f];
        out_ += '-';
    }

  private:
    void unit(char32_t value) {
        bits_ = (bits_ << 16 | value) & 0x3fffff;  // at most 4 bits wait, 16 come
        for (count_ += 16; count_ >= 6; count_ -= 6) out_ += alphabet[bits_ >> (count_ - 6) & 0x3f];
    }
    std::string& out_;
    std::uint32_t bits_ = 0;
    unsigned count_ = 0;
};

/// Decodes what stands between "&" and "-"; false when it isn't the one right spelling.
bool decode_shift(std::string_view text, std::string& out) {
    std::uint32_t bits = 0;
    unsigned count = 0;
    char32_t high = 0;
    for (const char c : text) {
        const auto digit = alphabet.find(c);
        if (digit == std::string_view::npos) return false;
        bits = (bits << 6 | static_cast<std::uint32_t>(digit)) & 0x3fffff;
        count += 6;
        if (count < 16) continue;
        count -= 16;
        const char32_t unit = bits >> count & 0xffff;
        if (high != 0) {
            if (unit < 0xdc00 || unit > 0xdfff) return false;
            append_utf8(out, 0x10000 + ((high - 0xd800) << 10) + (unit - 0xdc00));
            high = 0;
        } else if (unit >= 0xd800 && unit <= 0xdbff) {
            high = unit;
        } else if ((unit >= 0xdc00 && unit <= 0xdfff) || (unit >= 0x20 && unit <= 0x7e)) {
            return false;
        } else {
            append_utf8(out, unit);
        }
    }
    return high == 0 && count < 6 && (bits & ((1u << count) - 1)) == 0;
}

}  // namespace

Result<std::string> encode(std::string_view utf8) {
    if (!ascii::is_utf8(utf8)) return fail(ErrorCode::invalid, "Name is not UTF-8");
    std::string out;
    for (std::size_t at = 0; at < utf8.size();) {
        if (is_direct(utf8[at])) {
            out += utf8[at];
            if (utf8[at] == '&') out += '-';
            ++at;
            continue;
        }
        Shift shift(out);
        while (at < utf8.size() && !is_direct(utf8[at])) shift.add(next_character(utf8, at));
        shift.end();
    }
    return out;
}

Result<std::string> decode(std::string_view utf7) {
    std::string out;
    bool after_shift = false;
    for (std::size_t at = 0; at < utf7.size();) {
        const char c = utf7[at];
        if (!is_direct(c)) return fail(ErrorCode::invalid, "Name is not modified UTF-7");
        if (c != '&') {
            out += c;
            ++at;
            after_shift = false;
            continue;
        }
        const auto end = utf7.find('-', at + 1);
        if (end == std::string_view::npos) return fail(ErrorCode::invalid, "Name is not modified UTF-7");
        if (end == at + 1) {
            out += '&';
            after_shift = false;
        } else if (after_shift || !decode_shift(utf7.substr(at + 1, end - at - 1), out)) {
            return fail(ErrorCode::invalid, "Name is not modified UTF-7");
        } else {
            after_shift = true;
        }
        at = end + 1;
    }
    return out;
}

}  // namespace posthouse::utf7
