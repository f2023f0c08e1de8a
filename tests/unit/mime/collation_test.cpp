// Tests of lib/mime/collation.h.
#include "lib/mime/collation.h"

#include <gtest/gtest.h>

namespace posthouse::mime {
namespace {

TEST(Collation, CaseMakesNoDifference) {
    EXPECT_EQ(casemap_key("Posthouse"), "POSTHOUSE");
    EXPECT_EQ(casemap_key("grüße"), casemap_key("GRüßE"));
    EXPECT_EQ(casemap_key("ΠΟΣΤ"), casemap_key("ποστ"));
    EXPECT_NE(casemap_key("a"), casemap_key("b"));
}

// RFC 5051 §2: U+01C4, U+01C5 and U+01C6 are titlecased to U+01C5, then decomposed.
TEST(Collation, ACharacterIsTitlecasedThenDecomposed) {
    const std::string digraph = "D\x7A\xCC\x8C";  // D z and a combining caron
    EXPECT_EQ(casemap_key("\xC7\x84"), digraph);
    EXPECT_EQ(casemap_key("\xC7\x85"), digraph);
    EXPECT_EQ(casemap_key("\xC7\x86"), digraph);
}

TEST(Collation, ComposedAndDecomposedAreEqualAndStandBesideTheirBase) {
    EXPECT_EQ(casemap_key("\xC3\xA9"), casemap_key("e\xCC\x81"));
    EXPECT_LT(casemap_key("e"), casemap_key("\xC3\xA9"));
    EXPECT_LT(casemap_key("\xC3\xA9"), casemap_key("f"));
    EXPECT_EQ(casemap_key("\xEF\xAC\x81n"), "fiN");  // a ligature has no title case; its parts aren't mapped again
}

TEST(Collation, HangulSyllablesStayWhole) { EXPECT_EQ(casemap_key("한글"), "한글"); }

TEST(Collation, LongTextsHaveTheKeysOfTheirCharactersOneAfterTheOther) {
    // U+FDFA decomposes to 18 characters, U+10428 lies beyond the basic plane, U+1D160 decomposes there.
    const std::string text = "aé\xEF\xB7\xBA\xF0\x90\x90\xA8\xF0\x9D\x85\xA0ж";
    const std::string key = casemap_key("a") + casemap_key("é") + casemap_key("\xEF\xB7\xBA") +
                            casemap_key("\xF0\x90\x90\xA8") + casemap_key("\xF0\x9D\x85\xA0") + casemap_key("ж");
    EXPECT_EQ(casemap_key("\xF0\x90\x90\xA8"), "\xF0\x90\x90\x80");
    EXPECT_GT(casemap_key("\xEF\xB7\xBA").size(), 30U);
    std::string texts;
    std::string keys;
    for (int i = 0; i < 500; ++i) {
        texts += text;
        keys += key;
    }
    EXPECT_EQ(casemap_key(texts), keys);
}

TEST(Collation, WhatIsNoUtf8StillHasAKey) {
    EXPECT_EQ(casemap_key("a\xff"), "A\xEF\xBF\xBD");
    EXPECT_EQ(casemap_key("\xE2\x82"), "\xEF\xBF\xBD");
    EXPECT_EQ(casemap_key(""), "");
}

}  // namespace
}  // namespace posthouse::mime
