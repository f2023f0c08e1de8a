// UTF-8, a character at a time.
#include "lib/base/utf8.h"

#include <gtest/gtest.h>

namespace posthouse::utf8 {
namespace {

// RFC 3629 §7
TEST(Utf8, CharactersHaveTheirLengthAndCodePoint) {
    EXPECT_EQ(character_length("A\xE2\x89\xA2"), 1u);
    EXPECT_EQ(character_length("\xE2\x89\xA2\xCE\x91."), 3u);
    EXPECT_EQ(code_point("\xE2\x89\xA2"), U'\u2262');
    EXPECT_EQ(code_point("\xCE\x91"), U'\u0391');
    EXPECT_EQ(code_point("\xF0\xA3\x8E\xB4"), U'\U000233B4');
    EXPECT_EQ(code_point("A"), U'A');
}

TEST(Utf8, WhatIsNoneHasNoLength) {
    for (const char* text : {"", "\x80", "\xC0\x80", "\xE2\x89", "\xED\xA0\x80", "\xF5\x80\x80\x80"})
        EXPECT_EQ(character_length(text), 0u) << text;
}

}  // namespace
}  // namespace posthouse::utf8
