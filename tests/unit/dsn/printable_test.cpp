// Strangers' bytes in reports, and fields that nothing breaks out of.
#include "lib/dsn/printable.h"

#include <gtest/gtest.h>

#include "lib/base/ascii.h"
#include "lib/mime/header.h"

namespace posthouse::dsn {
namespace {

std::string field(std::string_view value) {
    std::string out;
    append_field(out, "Name", value);
    return out;
}

TEST(DsnPrintable, ControlCharactersBecomeQuestionMarks) {
    EXPECT_EQ(printable_utf8("a\r\nb\x1b[31m", 100), "a??b?[31m");
    EXPECT_EQ(printable_utf8(std::string_view("a\0b", 3), 100), "a?b");
    EXPECT_EQ(printable_utf8("\xc2\x85", 100), "?") << "NEXT LINE of C1";
}

TEST(DsnPrintable, WhatTurnsTextAroundBecomesAQuestionMark) {
    EXPECT_EQ(printable_utf8("gpj\u202Eexe", 100), "gpj?exe");
    EXPECT_EQ(printable_utf8("a\u2028b\u2066c", 100), "a?b?c");
}

TEST(DsnPrintable, WhatIsNotUtf8BecomesQuestionMarksOneByOne) {
    EXPECT_EQ(printable_utf8("J\xf6rg \xe2\x82", 100), "J?rg ??");
    EXPECT_EQ(printable_utf8("Jörg €", 100), "Jörg €");
}

TEST(DsnPrintable, IsCutBetweenCharacters) {
    EXPECT_EQ(printable_utf8("abcdef", 3), "abc...");
    EXPECT_EQ(printable_utf8("ab€", 4), "ab...");
    EXPECT_EQ(printable_utf8("ab€", 5), "ab€");
}

TEST(DsnPrintable, AsciiHasOneQuestionMarkForEachCharacter) { EXPECT_EQ(printable_ascii("Jörg €", 100), "J?rg ?"); }

TEST(DsnPrintable, NamesHoldNothingThatEndsThem) {
    EXPECT_EQ(printable_name("mx.example.org"), "mx.example.org");
    EXPECT_EQ(printable_name("[IPv6:2001:db8::1]"), "[IPv6:2001:db8::1]");
    EXPECT_EQ(printable_name("a b(c)\r\n;"), "a?b?c????");
    EXPECT_EQ(printable_name(""), "unknown");
}

TEST(DsnField, NoSecondFieldComesOutOfAValue) {
    EXPECT_EQ(field("x\r\nBcc: all@example.org"), "Name: x??Bcc: all@example.org\r\n");
    EXPECT_EQ(field("x\nAction: delivered"), "Name: x?Action: delivered\r\n");
}

TEST(DsnField, LongOnesAreFoldedAndUnfoldToTheSame) {
    std::string value;
    for (int i = 0; i < 60; ++i) value += "word" + std::to_string(i) + (i % 7 == 0 ? "   " : " ");
    value.pop_back();
    const std::string out = field(value);
    for (const std::string_view line : ascii::split(out, '\n')) EXPECT_LE(line.size(), 79u) << line;
    const auto read = mime::HeaderReader(out).next();
    ASSERT_TRUE(read);
    EXPECT_EQ(read->whole.size(), out.size());
    EXPECT_EQ(read->text(), value);
}

TEST(DsnField, WordsWithoutEndAreBroken) {
    const std::string out = field(std::string(5000, 'x') + std::string(3000, ' ') + "y");
    for (const std::string_view line : ascii::split(out, '\n')) EXPECT_LE(line.size(), 999u);
    const auto read = mime::HeaderReader(out).next();
    ASSERT_TRUE(read);
    EXPECT_EQ(read->whole.size(), out.size());
}

TEST(DsnField, NoLineOfAFoldedFieldIsEmpty) {
    std::string out = field(std::string(70, 'a') + std::string(200, ' ') + std::string(70, 'b'));
    out.resize(out.size() - 2);
    for (const std::string_view line : ascii::split(out, '\n')) {
        EXPECT_FALSE(ascii::trim(line).empty());
    }
}

}  // namespace
}  // namespace posthouse::dsn
