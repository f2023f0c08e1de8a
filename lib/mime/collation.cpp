// Keys of i;unicode-casemap, from ICU's copy of the Unicode character database.
#include "lib/mime/collation.h"

#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/unorm2.h>
#include <unicode/utf16.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <array>
#include <cstdint>

#include "lib/base/ascii.h"

namespace posthouse::mime {
namespace {

/// The longest decomposition, that of U+FDFA, has 18 characters.
constexpr std::int32_t longest_decomposition = 36;

void append_utf8(std::string& out, UChar32 character) {
    std::array<char, U8_MAX_LENGTH> bytes{};
    std::int32_t length = 0;
    U8_APPEND_UNSAFE(bytes.data(), length, character);
    out.append(bytes.data(), static_cast<std::size_t>(length));
}

/// UnicodeData.txt has no decomposition of Hangul syllables; ICU would compute one.
bool is_hangul_syllable(UChar32 character) { return character >= 0xAC00 && character <= 0xD7A3; }

void append_character(std::string& out, UChar32 character) {
    static const UNormalizer2* const decomposer = [] {
        UErrorCode status = U_ZERO_ERROR;
        return unorm2_getNFKDInstance(&status);
    }();
    const UChar32 title = u_totitle(character);
    std::array<UChar, longest_decomposition> decomposed{};
    UErrorCode status = U_ZERO_ERROR;
    const std::int32_t length =
        decomposer == nullptr || is_hangul_syllable(title)
            ? -1
            : unorm2_getDecomposition(decomposer, title, decomposed.data(), longest_decomposition, &status);
    if (length < 0 || U_FAILURE(status)) return append_utf8(out, title);
    for (std::int32_t i = 0; i < length;) {
        UChar32 next = 0;
        U16_NEXT(decomposed.data(), i, length, next);
        append_utf8(out, next);
    }
}

}  // namespace

void append_casemap_key(std::string& out, std::string_view utf8) {
    constexpr std::size_t block = 64;
    const auto length = static_cast<std::int32_t>(utf8.size());
    for (std::int32_t i = 0; i < length;) {
        // Most text is ASCII: a block at a time costs a tenth.
        const std::string_view next = utf8.substr(static_cast<std::size_t>(i), block);
        if (next.size() == block && ascii::is_ascii(next)) {
            const std::size_t before = out.size();
            out.resize(before + block);
            std::ranges::transform(next, out.begin() + static_cast<std::ptrdiff_t>(before), ascii::to_upper);
            i += static_cast<std::int32_t>(block);
            continue;
        }
        const char c = utf8[static_cast<std::size_t>(i)];
        if (!ascii::is_8bit(c)) {
            out += ascii::to_upper(c);
            ++i;
            continue;
        }
        UChar32 character = 0;
        // NOLINTNEXTLINE(bugprone-inc-dec-in-conditions): the macro is ICU's
        U8_NEXT_OR_FFFD(utf8.data(), i, length, character);
        append_character(out, character);
    }
}

std::string casemap_key(std::string_view utf8) {
    std::string key;
    key.reserve(utf8.size());
    append_casemap_key(key, utf8);
    return key;
}

}  // namespace posthouse::mime
