// Charsets to UTF-8, by ICU.
#include "lib/mime/charset.h"

#include <unicode/ucnv.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "lib/base/ascii.h"
#include "lib/mime/limits.h"

namespace posthouse::mime {
namespace {

/// Opens a converter that nobody uses at present; `last` is the last one with its name.
std::shared_ptr<UConverter> open_converter(const std::string& name, std::shared_ptr<UConverter>& last,
                                           std::string& last_name) {
    if (last && last.use_count() == 1 && last_name == name) {
        ucnv_reset(last.get());
        return last;
    }
    UErrorCode status = U_ZERO_ERROR;
    UConverter* const opened = ucnv_open(name.c_str(), &status);
    if (U_FAILURE(status)) return nullptr;
    last = std::shared_ptr<UConverter>(opened, ucnv_close);
    last_name = name;
    return last;
}

/// A name that may be shown to ICU: it reads options behind a comma, and an empty name as the locale's charset.
bool is_charset_name(std::string_view name) {
    return !name.empty() && name.size() <= max_charset_name && std::ranges::all_of(name, [](char c) {
        return ascii::is_alnum(c) || std::string_view("-_.:+").find(c) != std::string_view::npos;
    });
}

/// Names that senders use and ICU doesn't know, or reads more narrowly than senders write.
std::string canonical(std::string_view name) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 12> others = {{
        {"iso-8859-1", "windows-1252"},
        {"iso8859-1", "windows-1252"},
        {"latin1", "windows-1252"},
        {"iso-8859-9", "windows-1254"},
        {"iso-8859-8-i", "iso-8859-8"},
        {"gb2312", "gb18030"},
        {"gbk", "gb18030"},
        {"x-gbk", "gb18030"},
        {"ks_c_5601-1987", "windows-949"},
        {"euc-kr", "windows-949"},
        {"shift_jis", "windows-31j"},
        {"cp-850", "cp850"},
    }};
    const std::string low = ascii::lower(name);
    const auto* const found = std::ranges::find(others, low, [](const auto& pair) { return pair.first; });
    return found == others.end() ? low : std::string(found->second);
}

std::string converted(Utf8Converter converter, std::string_view bytes) {
    std::string out;
    converter.feed(bytes, true, out);
    return out;
}

}  // namespace

/// The last one of each thread is kept, as a message's texts mostly share their charset.
Utf8Converter::Converter Utf8Converter::open(const std::string& name) {
    thread_local Converter last;
    thread_local std::string last_name;
    return open_converter(name, last, last_name);
}

Utf8Converter::Converter Utf8Converter::open_utf8() {
    thread_local Converter last;
    thread_local std::string last_name;
    return open_converter("UTF-8", last, last_name);
}

std::optional<Utf8Converter> Utf8Converter::of(std::string_view charset, bool is_utf8) {
    charset = ascii::trim(charset);
    if (ascii::iequals(charset, "us-ascii") || ascii::iequals(charset, "ascii")) return guess(is_utf8);
    if (!is_charset_name(charset)) return std::nullopt;
    Utf8Converter made;
    made.as_it_is_ = is_utf8 && (ascii::iequals(charset, "utf-8") || ascii::iequals(charset, "utf8"));
    if (made.as_it_is_) return made;
    made.from_ = open(canonical(charset));
    if (!made.from_) return std::nullopt;
    made.to_ = open_utf8();
    return made;
}

Utf8Converter Utf8Converter::guess(bool is_utf8) {
    Utf8Converter made;
    made.as_it_is_ = is_utf8;
    if (is_utf8) return made;
    made.from_ = open("windows-1252");
    made.to_ = open_utf8();
    return made;
}

void Utf8Converter::feed(std::string_view bytes, bool last, std::string& out) {
    if (!as_it_is_) return convert(bytes, last, out);
    out.append(held_).append(bytes);
    const std::size_t cut = last ? 0 : cut_character(out);
    held_ = out.substr(out.size() - cut);
    out.resize(out.size() - cut);
}

void Utf8Converter::convert(std::string_view bytes, bool last, std::string& out) {
    if (!from_ || !to_) {
        out.append(bytes.size(), '?');
        return;
    }
    out.reserve(out.size() + bytes.size() + bytes.size() / 8);
    // Empty whenever the bytes are used up, so it needn't be kept from one piece to the next.
    std::array<UChar, 1024> pivot{};
    UChar* pivot_source = pivot.data();
    UChar* pivot_target = pivot.data();
    std::array<char, 4096> chunk{};
    const char* source = bytes.data();
    const char* const source_end = source + bytes.size();
    while (true) {
        UErrorCode status = U_ZERO_ERROR;
        char* target = chunk.data();
        ucnv_convertEx(to_.get(), from_.get(), &target, chunk.data() + chunk.size(), &source, source_end, pivot.data(),
                       &pivot_source, &pivot_target, pivot.data() + pivot.size(), first_, last, &status);
        out.append(chunk.data(), static_cast<std::size_t>(target - chunk.data()));
        first_ = false;
        if (status != U_BUFFER_OVERFLOW_ERROR) return;
    }
}

std::optional<std::string> to_utf8(std::string_view bytes, std::string_view charset) {
    std::optional<Utf8Converter> converter = Utf8Converter::of(charset, ascii::is_utf8(bytes));
    if (!converter) return std::nullopt;
    return converted(*std::move(converter), bytes);
}

std::string guess_utf8(std::string_view bytes) {
    return ascii::is_utf8(bytes) ? std::string(bytes) : converted(Utf8Converter::guess(false), bytes);
}

std::size_t cut_character(std::string_view text) {
    const auto is_continuation = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80; };
    std::size_t behind = 0;
    while (behind < 3 && behind < text.size() && is_continuation(text[text.size() - behind - 1])) ++behind;
    if (behind == text.size()) return 0;
    const auto lead = static_cast<unsigned char>(text[text.size() - behind - 1]);
    const std::size_t wanted = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : lead >= 0xC0 ? 1 : 0;
    return behind < wanted ? behind + 1 : 0;
}

}  // namespace posthouse::mime
