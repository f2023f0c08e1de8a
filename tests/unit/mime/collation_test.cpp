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

TEST(Collation, WhatIsNoUtf8StillHasAKey) {
    EXPECT_EQ(casemap_key("a\xff"), "A\xEF\xBF\xBD");
    EXPECT_EQ(casemap_key("\xE2\x82"), "\xEF\xBF\xBD");
    EXPECT_EQ(casemap_key(""), "");
}

}  // namespace
}  // namespace posthouse::mime
