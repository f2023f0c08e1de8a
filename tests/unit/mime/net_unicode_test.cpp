// Tests of lib/mime/net_unicode.h.
#include "lib/mime/net_unicode.h"

#include <gtest/gtest.h>

namespace posthouse::mime {
namespace {

TEST(NetUnicode, ComposedCharactersAreNormal) {
    EXPECT_TRUE(is_normal(""));
    EXPECT_TRUE(is_normal("INBOX"));
    EXPECT_TRUE(is_normal("\xC3\xA9"));
    EXPECT_FALSE(is_normal("e\xCC\x81"));
    EXPECT_TRUE(is_normal("\xED\x95\x9C")) << "a Hangul syllable";
    EXPECT_FALSE(is_normal("\xE1\x84\x92\xE1\x85\xA1\xE1\x86\xAB")) << "its parts";
    EXPECT_FALSE(is_normal("\xE2\x84\xAB")) << "the Angstrom sign is an A with ring";
    EXPECT_TRUE(is_normal("\xF0\x9F\x98\x80"));
}

// RFC 6855 §3
TEST(NetUnicode, ControlsAreThoseOfC0AndC1AndTwoSeparators) {
    EXPECT_FALSE(has_unicode_control("a \xC3\xA9\xE2\x80\xA7\xF0\x9F\x98\x80"));
    for (const char* text : {"\n", "\x7F", "a\xC2\x80", "\xC2\x9F", "\xE2\x80\xA8", "\xE2\x80\xA9z"})
        EXPECT_TRUE(has_unicode_control(text)) << text;
    EXPECT_FALSE(has_unicode_control("\xC2\xA0"));
}

}  // namespace
}  // namespace posthouse::mime
