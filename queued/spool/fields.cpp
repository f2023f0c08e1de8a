// key=value lines, written and parsed.
#include "queued/spool/fields.h"

#include "lib/base/ascii.h"

namespace posthouse::spool {
namespace {

bool is_escaped(char c) { return ascii::is_control(c) || c == '%'; }

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

std::optional<std::string> unescape(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (!is_escaped(text[i])) {
            out += text[i];
            continue;
        }
        if (text[i] != '%' || text.size() - i < 3) return std::nullopt;
        const int high = hex_value(text[i + 1]);
        const int low = hex_value(text[i + 2]);
        if (high < 0 || low < 0) return std::nullopt;
        out += static_cast<char>(high * 16 + low);
        i += 2;
    }
    return out;
}

bool is_key(std::string_view text) {
    if (text.empty() || text.size() > max_key_bytes) return false;
    for (const char c : text)
        if (!ascii::is_lower(c) && !ascii::is_digit(c) && c != '-' && c != '.') return false;
    return true;
}

std::unexpected<Error> malformed(std::string detail) {
    return fail(ErrorCode::invalid, "Malformed queue file", std::move(detail));
}

}  // namespace

void append_field(std::string& text, std::string_view key, std::string_view value) {
    static constexpr std::string_view digits = "0123456789ABCDEF";
    text.append(key).append("=");
    for (const char c : value) {
        if (!is_escaped(c)) {
            text += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        text += '%';
        text += digits[byte >> 4];
        text += digits[byte & 15];
    }
    text += '\n';
}

void append_field(std::string& text, std::string_view key, std::int64_t value) {
    append_field(text, key, std::to_string(value));
}

Result<> parse_fields(std::string_view text, const FieldVisitor& visit) {
    while (!text.empty()) {
        const auto end = text.find('\n');
        if (end == std::string_view::npos) return malformed("a line without an end");
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(end + 1);
        const auto equals = line.find('=');
        if (equals == std::string_view::npos) return malformed("a line without =");
        const std::string_view key = line.substr(0, equals);
        const std::string_view escaped = line.substr(equals + 1);
        if (!is_key(key)) return malformed("a key that is none");
        if (escaped.size() > 3 * max_value_bytes)
            return fail(ErrorCode::limit, "Malformed queue file", "a value is too long");
        std::optional<std::string> value = unescape(escaped);
        if (!value) return malformed("value of " + std::string(key));
        if (value->size() > max_value_bytes)
            return fail(ErrorCode::limit, "Malformed queue file", "a value is too long");
        if (Result<> taken = visit(key, *std::move(value)); !taken) return taken;
    }
    return {};
}

std::optional<std::int64_t> parse_time(std::string_view text) {
    const std::optional<std::uint64_t> number = ascii::parse_number(text);
    if (!number || *number > static_cast<std::uint64_t>(max_time)) return std::nullopt;
    if (text.size() > 1 && text.front() == '0') return std::nullopt;
    return static_cast<std::int64_t>(*number);
}

}  // namespace posthouse::spool
