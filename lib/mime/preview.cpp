// The preview of a text part.
#include "lib/mime/preview.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <utility>

#include "lib/base/ascii.h"
#include "lib/mime/charset.h"
#include "lib/mime/transfer.h"

namespace posthouse::mime {
namespace {

/// Bytes that are decoded first: most texts need no more. Then eight times as many, until there are no more.
constexpr std::size_t first_bytes = 512;
/// Bytes of "&name;" or of a tag's name that are looked at.
constexpr std::size_t longest_name = 12;

/// Collects characters up to the bound.
class Collector {
  public:
    bool full() const { return characters_ >= max_preview; }
    std::string text() && { return std::move(out_); }

    void space() { space_ = true; }

    /// A character of one to four bytes.
    void add(std::string_view character) {
        const char first = character.front();
        if (first == ' ' || ascii::is_control(first) || character == "\xC2\xA0") return space();
        if (full() || (ascii::is_8bit(first) && is_invisible(character))) return;
        if (std::exchange(space_, false) && !out_.empty()) {
            out_ += ' ';
            if (++characters_ >= max_preview) return;
        }
        out_ += character;
        ++characters_;
    }

    void add_code_point(std::uint32_t code) {
        const auto byte = [](std::uint32_t value) { return static_cast<char>(value); };
        std::string utf8;
        if (code < 0x80) {
            utf8 = {byte(code)};
        } else if (code < 0x800) {
            utf8 = {byte(0xC0 | code >> 6U), byte(0x80 | (code & 0x3FU))};
        } else if (code < 0x10000) {
            if (code >= 0xD800 && code < 0xE000) return;
            utf8 = {byte(0xE0 | code >> 12U), byte(0x80 | (code >> 6U & 0x3FU)), byte(0x80 | (code & 0x3FU))};
        } else if (code < 0x110000) {
            utf8 = {byte(0xF0 | code >> 18U), byte(0x80 | (code >> 12U & 0x3FU)), byte(0x80 | (code >> 6U & 0x3FU)),
                    byte(0x80 | (code & 0x3FU))};
        } else {
            return;
        }
        add(utf8);
    }

  private:
    /// Soft hyphen, grapheme joiner, zero-width spaces and joiners, byte order mark: senders fill previews with them.
    static bool is_invisible(std::string_view character) {
        constexpr std::array<std::string_view, 9> invisible = {"\xC2\xAD",     "\xCD\x8F",     "\xE2\x80\x8B",
                                                               "\xE2\x80\x8C", "\xE2\x80\x8D", "\xE2\x80\x8E",
                                                               "\xE2\x80\x8F", "\xE2\x81\xA0", "\xEF\xBB\xBF"};
        return std::ranges::find(invisible, character) != invisible.end();
    }

    std::string out_;
    std::size_t characters_ = 0;
    bool space_ = false;
};

/// The character that starts `utf8`, which is valid.
std::string_view first_character(std::string_view utf8) {
    std::size_t length = 1;
    while (length < utf8.size() && (static_cast<unsigned char>(utf8[length]) & 0xC0U) == 0x80) ++length;
    return utf8.substr(0, length);
}

/// The bytes without a last character that was cut: with it, UTF-8 wouldn't be known for what it is.
std::string_view without_cut_character(std::string_view bytes) {
    const std::string_view before = bytes.substr(0, bytes.size() - cut_character(bytes));
    return ascii::is_utf8(before) ? before : bytes;
}

void collect_plain(std::string_view text, Collector& out) {
    while (!text.empty() && !out.full()) {
        const std::string_view character = first_character(text);
        out.add(character);
        text.remove_prefix(character.size());
    }
}

/// Reads the text of HTML: leniently, and without building anything of it.
class HtmlReader {
  public:
    HtmlReader(std::string_view text, Collector& out) : rest_(text), out_(out) {}

    void run() {
        while (!rest_.empty() && !out_.full()) {
            if (rest_.front() == '<') {
                tag();
            } else if (rest_.front() == '&') {
                entity();
            } else {
                const std::string_view character = first_character(rest_);
                out_.add(character);
                rest_.remove_prefix(character.size());
            }
        }
    }

  private:
    void skip_behind(std::string_view end) {
        const auto found = rest_.find(end);
        rest_.remove_prefix(found == std::string_view::npos ? rest_.size() : found + end.size());
    }

    /// A tag stands for white space, unless it may stand inside a word.
    void tag() {
        if (rest_.starts_with("<!--")) return skip_behind("-->");
        std::string_view name = rest_.substr(1, longest_name);
        const bool closes = name.starts_with('/');
        if (closes) name.remove_prefix(1);
        const auto* const end = std::ranges::find_if_not(name, ascii::is_alnum);
        name = name.substr(0, static_cast<std::size_t>(end - name.begin()));
        if (name.empty() && !rest_.starts_with("<!") && !rest_.starts_with("<?") && !closes) {
            out_.add("<");
            rest_.remove_prefix(1);
            return;
        }
        skip_behind(">");
        const auto is = [&](std::string_view other) { return ascii::iequals(name, other); };
        constexpr std::array<std::string_view, 9> inside_words = {"a", "b", "i", "u", "em", "s", "q", "span", "font"};
        if (std::ranges::none_of(inside_words, is) && !is("strong")) out_.space();
        constexpr std::array<std::string_view, 4> unseen = {"head", "style", "script", "title"};
        if (!closes && std::ranges::any_of(unseen, is)) skip_element(name);
    }

    void skip_element(std::string_view name) {
        while (!rest_.empty()) {
            const auto open = rest_.find("</");
            rest_.remove_prefix(open == std::string_view::npos ? rest_.size() : open + 2);
            if (!ascii::istarts_with(rest_, name)) continue;
            skip_behind(">");
            return;
        }
    }

    void entity() {
        const auto end = rest_.substr(0, longest_name).find(';');
        const auto code = end == std::string_view::npos ? std::nullopt : code_point(rest_.substr(1, end - 1));
        if (!code) {
            out_.add("&");
            rest_.remove_prefix(1);
            return;
        }
        out_.add_code_point(*code);
        rest_.remove_prefix(end + 1);
    }

    static std::optional<std::uint32_t> code_point(std::string_view name) {
        constexpr std::array<std::pair<std::string_view, std::uint32_t>, 22> names = {
            {{"amp", '&'},     {"lt", '<'},       {"gt", '>'},       {"quot", '"'},     {"apos", '\''},
             {"nbsp", 0xA0},   {"copy", 0xA9},    {"reg", 0xAE},     {"auml", 0xE4},    {"ouml", 0xF6},
             {"uuml", 0xFC},   {"Auml", 0xC4},    {"Ouml", 0xD6},    {"Uuml", 0xDC},    {"szlig", 0xDF},
             {"eacute", 0xE9}, {"ndash", 0x2013}, {"mdash", 0x2014}, {"rsquo", 0x2019}, {"hellip", 0x2026},
             {"euro", 0x20AC}, {"zwnj", 0x200C}}};
        const auto* const found = std::ranges::find(names, name, [](const auto& entry) { return entry.first; });
        if (found != names.end()) return found->second;
        if (!name.starts_with('#')) return std::nullopt;
        name.remove_prefix(1);
        const bool hex = name.starts_with('x') || name.starts_with('X');
        if (hex) name.remove_prefix(1);
        std::uint32_t code = 0;
        for (const char c : name) {
            const char low = ascii::to_lower(c);
            const bool letter = hex && low >= 'a' && low <= 'f';
            if (!ascii::is_digit(c) && !letter) return std::nullopt;
            code = code * (hex ? 16U : 10U) + static_cast<std::uint32_t>(letter ? low - 'a' + 10 : c - '0');
            if (code >= 0x110000) return std::nullopt;
        }
        if (name.empty()) return std::nullopt;
        return code;
    }

    std::string_view rest_;
    Collector& out_;
};

}  // namespace

std::string preview(const Part& part, std::string_view bytes) {
    for (std::size_t count = first_bytes;; count *= 8) {
        const std::string_view piece = bytes.substr(0, count);
        const std::string whole = decode_transfer(part.encoding, piece);
        const std::string_view decoded = without_cut_character(whole);
        const auto converted = to_utf8(decoded, part.charset);
        const std::string text = converted ? *converted : guess_utf8(decoded);
        Collector collector;
        if (part.type.is("text", "html")) {
            HtmlReader(text, collector).run();
        } else {
            collect_plain(text, collector);
        }
        if (collector.full() || piece.size() == bytes.size()) return std::move(collector).text();
    }
}

}  // namespace posthouse::mime
