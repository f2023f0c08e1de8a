// Events as lines of JSON.
#include "lib/story/event.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <ranges>

#include "lib/base/ascii.h"
#include "lib/base/utf8.h"

namespace posthouse::story {
namespace {

/// The members that every event has a place for; no field may have such a name.
constexpr std::array<std::string_view, 6> kOwn = {"time", "id", "parent", "daemon", "event", "cut"};

void append_utf8(std::string& out, char32_t c) {
    const auto byte = [&out](char32_t value) { out += static_cast<char>(static_cast<unsigned char>(value)); };
    if (c < 0x80) return byte(c);
    if (c < 0x800) {
        byte(0xC0U | c >> 6U);
    } else if (c < 0x10000) {
        byte(0xE0U | c >> 12U);
        byte(0x80U | (c >> 6U & 0x3FU));
    } else {
        byte(0xF0U | c >> 18U);
        byte(0x80U | (c >> 12U & 0x3FU));
        byte(0x80U | (c >> 6U & 0x3FU));
    }
    byte(0x80U | (c & 0x3FU));
}

void append_unit(std::string& out, std::uint32_t unit) {
    constexpr std::string_view digits = "0123456789abcdef";
    out += "\\u";
    for (const unsigned shift : {12U, 8U, 4U, 0U}) out += digits[unit >> shift & 15U];
}

/// Stands in a JSON string as it is, in one octet.
constexpr bool is_plain(char c) { return c >= 0x20 && c < 0x7F && c != '"' && c != '\\'; }

/// Octets at the start of `text` that are plain.
std::size_t plain_length(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::find_if_not(text, is_plain) - text.begin());
}

/// Appends `text`, at most `max` bytes of it, as a JSON string in ASCII (RFC 8259 §7).
void append_text(std::string& out, std::string_view text, std::size_t max) {
    out += '"';
    for (std::size_t at = 0; at < text.size();) {
        if (const std::size_t plain = plain_length(text.substr(at, max - at)); plain > 0) {
            out.append(text.substr(at, plain));
            at += plain;
            continue;
        }
        const std::size_t length = utf8::character_length(text.substr(at, 4));
        if (at + std::max<std::size_t>(1, length) > max) break;
        const char32_t c = length == 0 ? 0xFFFD : utf8::code_point(text.substr(at, length));
        if (c == '"' || c == '\\') {
            out += '\\';
            out += static_cast<char>(c);
        } else if (c < 0x10000) {
            append_unit(out, c);
        } else {
            append_unit(out, 0xD7C0 + (c >> 10U));
            append_unit(out, 0xDC00 + (c & 0x3FFU));
        }
        at += std::max<std::size_t>(1, length);
    }
    out += '"';
}

void append_member(std::string& out, std::string_view name, std::string_view value, std::size_t max) {
    out += out.size() > 1 ? "," : "";
    append_text(out, name, max_name);
    out += ':';
    append_text(out, value, max);
}

/// A line of JSON, read from its start to its end.
class Reader {
  public:
    explicit Reader(std::string_view text) : text_(text) {}

    void skip_space() {
        while (!text_.empty() && std::string_view(" \t\r\n").contains(text_[0])) text_.remove_prefix(1);
    }
    bool take(char c) {
        skip_space();
        if (text_.empty() || text_[0] != c) return false;
        text_.remove_prefix(1);
        return true;
    }
    bool at_end() {
        skip_space();
        return text_.empty();
    }
    std::optional<std::string> text();
    /// A text, or a whole number as it is written.
    std::optional<std::string> value();

  private:
    std::optional<std::uint32_t> unit();
    bool escape(std::string& out);

    std::string_view text_;
};

/// The four digits after "\u".
std::optional<std::uint32_t> Reader::unit() {
    std::uint32_t value = 0;
    if (text_.size() < 4) return std::nullopt;
    const auto read = std::from_chars(text_.data(), text_.data() + 4, value, 16);
    if (read.ptr != text_.data() + 4) return std::nullopt;
    text_.remove_prefix(4);
    return value;
}

/// What follows a backslash.
bool Reader::escape(std::string& out) {
    constexpr std::string_view names = "\"\\/bfnrt";
    constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
    if (text_.empty()) return false;
    const char name = text_[0];
    text_.remove_prefix(1);
    if (const auto at = names.find(name); at != std::string_view::npos) {
        out += meanings[at];
        return true;
    }
    if (name != 'u') return false;
    const auto first = unit();
    if (!first) return false;
    char32_t c = *first;
    if (c >= 0xD800 && c < 0xDC00 && text_.starts_with("\\u")) {
        text_.remove_prefix(2);
        const auto second = unit();
        if (!second || *second < 0xDC00 || *second > 0xDFFF) return false;
        c = 0x10000 + ((c - 0xD800) << 10U) + (*second - 0xDC00);
    }
    if (c >= 0xD800 && c < 0xE000) return false;  // half of a pair
    append_utf8(out, c);
    return true;
}

std::optional<std::string> Reader::text() {
    if (!take('"')) return std::nullopt;
    std::string out;
    while (!text_.empty()) {
        const std::size_t plain = plain_length(text_);
        out.append(text_.substr(0, plain));
        text_.remove_prefix(plain);
        if (text_.empty()) break;
        const char c = text_[0];
        text_.remove_prefix(1);
        if (c == '"') return ascii::is_utf8(out) ? std::optional(out) : std::nullopt;
        if (c == '\\') {
            if (!escape(out)) return std::nullopt;
        } else if (static_cast<unsigned char>(c) < 0x20) {
            return std::nullopt;
        } else {
            out += c;
        }
    }
    return std::nullopt;
}

std::optional<std::string> Reader::value() {
    skip_space();
    if (text_.starts_with('"')) return text();
    std::size_t length = text_.starts_with('-') ? 1 : 0;
    const std::size_t sign = length;
    while (length < text_.size() && ascii::is_digit(text_[length])) ++length;
    if (length == sign || length > 20 || (text_[sign] == '0' && length > sign + 1)) return std::nullopt;
    const std::string number(text_.substr(0, length));
    text_.remove_prefix(length);
    return number;
}

}  // namespace

std::string_view to_string(Kind kind) {
    switch (kind) {
        case Kind::connect: return "connect";
        case Kind::tls: return "tls";
        case Kind::login: return "login";
        case Kind::verdict: return "verdict";
        case Kind::accept: return "accept";
        case Kind::queue: return "queue";
        case Kind::attempt: return "attempt";
        case Kind::answer: return "answer";
        case Kind::delivery: return "delivery";
        case Kind::uid: return "uid";
        case Kind::bounce: return "bounce";
        case Kind::refuse: return "refuse";
        case Kind::lost: return "lost";
    }
    return {};
}

std::optional<Kind> parse_kind(std::string_view name) {
    for (int i = 0; i <= static_cast<int>(Kind::lost); ++i)
        if (const auto kind = static_cast<Kind>(i); to_string(kind) == name) return kind;
    return std::nullopt;
}

std::string to_line(const Event& event) {
    std::string out;
    out.reserve(512);
    out.append("{\"time\":").append(std::to_string(event.time));
    append_member(out, "id", event.id, max_name);
    if (!event.parent.empty()) append_member(out, "parent", event.parent, max_name);
    append_member(out, "daemon", event.daemon, max_name);
    append_member(out, "event", to_string(event.kind), max_name);
    constexpr std::string_view cut = ",\"cut\":\"1\"";
    bool all = event.fields.size() <= max_fields;
    for (const auto& [name, value] : event.fields | std::views::take(max_fields)) {
        if (std::ranges::find(kOwn, name) != kOwn.end()) continue;
        const std::size_t before = out.size();
        append_member(out, name, value, max_value);
        if (out.size() + cut.size() + 2 <= max_line) continue;
        out.resize(before);
        all = false;
        break;
    }
    if (!all) out += cut;
    return out += "}\n";
}

Result<Event> parse_line(std::string_view line) {
    if (line.size() > max_line) return fail(ErrorCode::limit, "The line is too long");
    const auto wrong = [] { return fail(ErrorCode::invalid, "Not an event: a flat JSON object is expected"); };
    Reader reader(line);
    if (!reader.take('{')) return wrong();
    Event event;
    std::vector<Field> own;
    do {
        std::optional<std::string> name = reader.text();
        if (!name || name->size() > max_name * 3 || !reader.take(':')) return wrong();
        std::optional<std::string> value = reader.value();
        if (!value) return wrong();
        std::vector<Field>& members = std::ranges::find(kOwn, *name) != kOwn.end() ? own : event.fields;
        if (std::ranges::find(members, *name, &Field::first) != members.end()) return wrong();
        if (members.size() >= max_fields) return fail(ErrorCode::limit, "The event has too many fields");
        members.emplace_back(std::move(*name), std::move(*value));
    } while (reader.take(','));
    if (!reader.take('}') || !reader.at_end()) return wrong();

    const auto member = [&own](std::string_view name) {
        const auto found = std::ranges::find(own, name, &Field::first);
        return found == own.end() ? std::string() : found->second;
    };
    const std::string time = member("time");
    const auto read = std::from_chars(time.data(), time.data() + time.size(), event.time);
    const auto kind = parse_kind(member("event"));
    if (time.empty() || read.ec != std::errc() || read.ptr != time.data() + time.size() || !kind) return wrong();
    event.kind = *kind;
    event.id = member("id");
    event.parent = member("parent");
    event.daemon = member("daemon");
    if (event.id.empty() || event.daemon.empty()) return wrong();
    return event;
}

}  // namespace posthouse::story
