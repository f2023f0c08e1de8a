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
#include <memory>

#include "lib/base/ascii.h"

namespace posthouse::mime {
namespace {

/// The longest decomposition, that of U+FDFA, has 18 characters.
constexpr std::int32_t longest_decomposition = 36;
/// In UTF-8, with room to spare.
constexpr std::size_t longest_key = 4 * static_cast<std::size_t>(longest_decomposition);

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

/// The keys of the characters below U+10000, made once: looking each of them up in ICU's tables would be most of the
/// cost of a search.
class KeyTable {
  public:
    KeyTable() {
        for (UChar32 character = 0; character < size; ++character) {
            starts_[static_cast<std::size_t>(character)] = static_cast<std::uint32_t>(keys_.size());
            append_character(keys_, character);
        }
        starts_[size] = static_cast<std::uint32_t>(keys_.size());
    }

    /// The key of a character below U+10000.
    std::string_view of(UChar32 character) const {
        const std::uint32_t start = starts_[static_cast<std::size_t>(character)];
        return {keys_.data() + start, starts_[static_cast<std::size_t>(character) + 1] - start};
    }

    static constexpr UChar32 size = 0x10000;

  private:
    std::string keys_;
    std::array<std::uint32_t, size + 1> starts_{};
};

const KeyTable& key_table() {
    static const auto table = std::make_unique<const KeyTable>();
    return *table;
}

}  // namespace

void append_casemap_key(std::string& out, std::string_view utf8) {
    constexpr std::size_t block = 64;
    // Collected here, for appending a few bytes at a time takes long.
    std::array<char, 1024> some{};
    std::size_t used = 0;
    const auto length = static_cast<std::int32_t>(utf8.size());
    for (std::int32_t i = 0; i < length;) {
        if (used + std::max(block, longest_key) > some.size()) {
            out.append(some.data(), used);
            used = 0;
        }
        // Most text is ASCII: a block at a time costs a tenth.
        const std::string_view next = utf8.substr(static_cast<std::size_t>(i), block);
        if (next.size() == block && ascii::is_ascii(next)) {
            std::ranges::transform(next, some.begin() + static_cast<std::ptrdiff_t>(used), ascii::to_upper);
            used += block;
            i += static_cast<std::int32_t>(block);
            continue;
        }
        const char c = utf8[static_cast<std::size_t>(i)];
        if (!ascii::is_8bit(c)) {
            some[used++] = ascii::to_upper(c);
            ++i;
            continue;
        }
        UChar32 character = 0;
        // NOLINTNEXTLINE(bugprone-inc-dec-in-conditions): the macro is ICU's
        U8_NEXT_OR_FFFD(utf8.data(), i, length, character);
        if (character < KeyTable::size) {
            for (const char byte : key_table().of(character)) some[used++] = byte;
        } else {
            out.append(some.data(), used);
            used = 0;
            append_character(out, character);
        }
    }
    out.append(some.data(), used);
}

std::string casemap_key(std::string_view utf8) {
    std::string key;
    key.reserve(utf8.size());
    append_casemap_key(key, utf8);
    return key;
}

}  // namespace posthouse::mime
