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

struct CloseConverter {
    void operator()(UConverter* converter) const { ucnv_close(converter); }
};
using Converter = std::unique_ptr<UConverter, CloseConverter>;

/// Opens a converter; the last one of each thread is kept, as a message's texts mostly share their charset.
UConverter* open_converter(const std::string& name) {
    thread_local std::string last_name;
    thread_local Converter last;
    if (last && last_name == name) {
        ucnv_reset(last.get());
        return last.get();
    }
    UErrorCode status = U_ZERO_ERROR;
    Converter opened(ucnv_open(name.c_str(), &status));
    if (U_FAILURE(status)) return nullptr;
    last = std::move(opened);
    last_name = name;
    return last.get();
}

/// A name that may be shown to ICU: it reads options behind a comma, and an empty name as the locale's charset.
bool is_charset_name(std::string_view name) {
    return !name.empty() && name.size() <= max_charset_name && std::ranges::all_of(name, [](char c) {
        return ascii::is_alnum(c) || std::string_view("-_.:+").find(c) != std::string_view::npos;
    });
}

std::string convert(std::string_view bytes, UConverter* from) {
    thread_local const Converter utf8 = [] {
        UErrorCode status = U_ZERO_ERROR;
        return Converter(ucnv_open("UTF-8", &status));
    }();
    std::string out;
    if (!utf8) return out;
    ucnv_reset(utf8.get());
    out.reserve(bytes.size() + bytes.size() / 8);
    std::array<UChar, 1024> pivot{};
    UChar* pivot_source = pivot.data();
    UChar* pivot_target = pivot.data();
    std::array<char, 4096> chunk{};
    const char* source = bytes.data();
    const char* const source_end = source + bytes.size();
    UBool first = 1;
    while (true) {
        UErrorCode status = U_ZERO_ERROR;
        char* target = chunk.data();
        ucnv_convertEx(utf8.get(), from, &target, chunk.data() + chunk.size(), &source, source_end, pivot.data(),
                       &pivot_source, &pivot_target, pivot.data() + pivot.size(), first, 1, &status);
        out.append(chunk.data(), static_cast<std::size_t>(target - chunk.data()));
        first = 0;
        if (status != U_BUFFER_OVERFLOW_ERROR) return out;
    }
}

std::string with_windows_1252(std::string_view bytes) {
    UConverter* const converter = open_converter("windows-1252");
    return converter == nullptr ? std::string(bytes.size(), '?') : convert(bytes, converter);
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

}  // namespace

std::optional<std::string> to_utf8(std::string_view bytes, std::string_view charset) {
    charset = ascii::trim(charset);
    if (ascii::iequals(charset, "us-ascii") || ascii::iequals(charset, "ascii")) return guess_utf8(bytes);
    if (!is_charset_name(charset)) return std::nullopt;
    const bool says_utf8 = ascii::iequals(charset, "utf-8") || ascii::iequals(charset, "utf8");
    if (says_utf8 && ascii::is_utf8(bytes)) return std::string(bytes);
    UConverter* const converter = open_converter(canonical(charset));
    if (converter == nullptr) return std::nullopt;
    return convert(bytes, converter);
}

std::string guess_utf8(std::string_view bytes) {
    return ascii::is_utf8(bytes) ? std::string(bytes) : with_windows_1252(bytes);
}

}  // namespace posthouse::mime
