// Tests of imapd/search/text_match.h.
#include "imapd/search/text_match.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace posthouse::imapd {
namespace {

bool is_in(std::string_view wanted, std::string_view text) {
    std::string buffer;
    return TextMatch(wanted).in(text, buffer);
}

/// Fed one character at a time, and with bounds so low that every place is a cut at some time.
bool is_in_pieces(std::string_view wanted, std::string_view text, SearchSizes sizes) {
    std::string buffer;
    const TextMatch match(wanted);
    TextSearch search(match, buffer, sizes);
    while (!text.empty()) {
        std::size_t size = 1;
        while (size < text.size() && (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80U) ++size;
        if (search.feed(text.substr(0, size), size == text.size())) return true;
        text.remove_prefix(size);
    }
    return false;
}

TEST(TextMatch, CaseAndCompositionMakeNoDifference) {
    EXPECT_TRUE(is_in("GRÜSSE", "viele Gr\u00fcsse"));
    EXPECT_TRUE(is_in("u\u0308", "\u00fc"));
    EXPECT_TRUE(is_in("\u00fc", "u\u0308"));
    EXPECT_TRUE(is_in("", ""));
    EXPECT_TRUE(is_in("", "a"));
    EXPECT_FALSE(is_in("a", ""));
    EXPECT_FALSE(is_in("ab", "a b"));
}

TEST(TextMatch, PiecesGiveWhatTheWholeGives) {
    // Marks that stand in another order than the canonical one, a character of 33 bytes in its key, one beyond the
    // basic plane.
    const std::string text = "a\u0308\u0323 \u1ea1\u0308 \ufdfa \U0001F600 aaab aabaab";
    for (const std::string_view wanted : {"a\u0308\u0323", "a\u0323\u0308", "\ufdfa", "\ufdfa \U0001F600", "aabaab",
                                          "aaabaa", "b aab", "aabaab ", "\u0308 \ufdfa"})
        for (std::size_t keys = 1; keys < 50; ++keys)
            EXPECT_EQ(is_in_pieces(wanted, text, {.piece = keys % 7 + 4, .keys = keys}), is_in(wanted, text))
                << wanted << " " << keys;
}

TEST(TextMatch, OneTextEndsWhereAnotherBegins) {
    std::string buffer;
    const TextMatch match("ab");
    TextSearch search(match, buffer);
    EXPECT_FALSE(search.feed("a", true));
    EXPECT_FALSE(search.feed("b", true));
    EXPECT_FALSE(search.feed("a", false));
    EXPECT_TRUE(search.feed("b", true));
}

// The key of U+FDFA has eleven times as many bytes as the character.
TEST(TextMatch, KeysOfALongTextAreNotHeld) {
    constexpr std::size_t count = 400'000;
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += "\ufdfa";
    std::string buffer;
    EXPECT_FALSE(TextMatch("zzz").in(text, buffer));
    EXPECT_LT(buffer.capacity(), 256U << 10U);
    text += "zzz";
    EXPECT_TRUE(TextMatch("zzz").in(text, buffer));
    // As many keys are sought as make up the whole text.
    EXPECT_TRUE(TextMatch(text).in(text, buffer));
    EXPECT_FALSE(TextMatch(text + "z").in(text, buffer));
}

}  // namespace
}  // namespace posthouse::imapd
