// Tests of lib/mime/encoded_word.h, transfer.h and charset.h: RFC 2047 §8 and RFC 2045 first, then careless senders.
#include <gtest/gtest.h>

#include "lib/base/ascii.h"
#include "lib/mime/charset.h"
#include "lib/mime/encoded_word.h"
#include "lib/mime/transfer.h"

namespace posthouse::mime {
namespace {

// RFC 2047 §8.
TEST(EncodedWord, ExamplesOfTheRfc) {
    EXPECT_EQ(decode_encoded_words("=?US-ASCII?Q?Keith_Moore?= <moore@cs.utk.edu>"), "Keith Moore <moore@cs.utk.edu>");
    EXPECT_EQ(decode_encoded_words("=?ISO-8859-1?Q?Keld_J=F8rn_Simonsen?= <keld@dkuug.dk>"),
              "Keld J\xC3\xB8rn Simonsen <keld@dkuug.dk>");
    EXPECT_EQ(decode_encoded_words("=?ISO-8859-1?Q?Andr=E9?= Pirard <PIRARD@vm1.ulg.ac.be>"),
              "Andr\xC3\xA9 Pirard <PIRARD@vm1.ulg.ac.be>");
    EXPECT_EQ(decode_encoded_words("=?ISO-8859-1?B?SWYgeW91IGNhbiByZWFkIHRoaXMgeW8=?=\r\n"
                                   " =?ISO-8859-2?B?dSB1bmRlcnN0YW5kIHRoZSBleGFtcGxlLg==?="),
              "If you can read this you understand the example.");
    EXPECT_EQ(decode_encoded_words("Nathaniel Borenstein (=?iso-8859-8?b?7eXs+SDv4SDp7Oj08A==?=)"),
              "Nathaniel Borenstein (\xD7\x9D\xD7\x95\xD7\x9C\xD7\xA9 \xD7\x9F\xD7\x91 "
              "\xD7\x99\xD7\x9C\xD7\x98\xD7\xA4\xD7\xA0)");
}

TEST(EncodedWord, WhiteSpaceBetweenTwoOfThemIsNotShown) {
    EXPECT_EQ(decode_encoded_words("(=?ISO-8859-1?Q?a?=)"), "(a)");
    EXPECT_EQ(decode_encoded_words("(=?ISO-8859-1?Q?a?= b)"), "(a b)");
    EXPECT_EQ(decode_encoded_words("(=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=)"), "(ab)");
    EXPECT_EQ(decode_encoded_words("(=?ISO-8859-1?Q?a?=\r\n    =?ISO-8859-1?Q?b?=)"), "(ab)");
    EXPECT_EQ(decode_encoded_words("(=?ISO-8859-1?Q?a_b?=)"), "(a b)");
    EXPECT_EQ(decode_encoded_words("(=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=)"), "(a b)");
}

// RFC 2231 §5.
TEST(EncodedWord, TheCharsetMayCarryALanguage) {
    EXPECT_EQ(decode_encoded_words("=?US-ASCII*EN?Q?Keith_Moore?="), "Keith Moore");
}

TEST(EncodedWord, ACharacterThatIsSplitOverTwoWordsIsJoined) {
    EXPECT_EQ(decode_encoded_words("=?utf-8?B?4oI=?= =?UTF-8?B?rA==?="), "\xE2\x82\xAC");
}

TEST(EncodedWord, CarelessWordsAreRead) {
    EXPECT_EQ(decode_encoded_words("=?utf-8?Q?with spaces?="), "with spaces");
    EXPECT_EQ(decode_encoded_words("=?utf-8?Q?what?"
                                   "?="),
              "what?");
    EXPECT_EQ(decode_encoded_words("=?utf-8?q?a?==?utf-8?q?b?="), "ab");
    EXPECT_EQ(decode_encoded_words("=?utf-8?Q?bad=ZZ=?="), "bad=ZZ=");
}

TEST(EncodedWord, WhatIsNoneStaysAsItIs) {
    for (const std::string_view text : {"=?utf-8?X?a?=", "=?utf-8?Q?a", "=?utf-8",
                                        "=?"
                                        "?Q?a?=",
                                        "=?", "a =? b ?=", "=?x-unknown?Q?a?= =?x-unknown?Q?b?=", "=?utf-8?B?YQ Q?="}) {
        EXPECT_EQ(decode_encoded_words(text), text);
    }
}

TEST(EncodedWord, TheResultIsAlwaysUtf8) {
    EXPECT_EQ(decode_encoded_words("gr\xFC\xDF"), "gr\xC3\xBC\xC3\x9F");
    EXPECT_EQ(decode_encoded_words("gr\xC3\xBC\xC3\x9F"), "gr\xC3\xBC\xC3\x9F");
    EXPECT_EQ(decode_encoded_words("=?utf-8?Q?=FF=C3?= \xFF"), "\xEF\xBF\xBD\xEF\xBF\xBD \xC3\xBF");
}

TEST(Base64, IsReadWhateverStandsBetween) {
    EXPECT_EQ(decode_base64("SGVs\r\nbG8s\n IHdv*cmxkIQ=="), "Hello, world!");
    EXPECT_EQ(decode_base64("SGVsbG8sIHdvcmxkIQ"), "Hello, world!");
    EXPECT_EQ(decode_base64("YQ==Yg=="), "ab");
    EXPECT_EQ(decode_base64("YWI=Y"), "ab");
    EXPECT_EQ(decode_base64("===="), "");
    EXPECT_EQ(decode_base64(""), "");
}

// RFC 2045 §6.7.
TEST(QuotedPrintable, SoftLineBreaksJoinLines) {
    EXPECT_EQ(decode_quoted_printable("Now's the time =\r\nfor all folk to come=\n to the aid of their country."),
              "Now's the time for all folk to come to the aid of their country.");
}

TEST(QuotedPrintable, WhiteSpaceAtLineEndsGoesUnlessEncoded) {
    EXPECT_EQ(decode_quoted_printable("a \t\r\nb=20\r\nc= \t\nd  "), "a\r\nb \r\ncd");
}

TEST(QuotedPrintable, WhatEncodesNothingStays) {
    EXPECT_EQ(decode_quoted_printable("1=2 =e4=E4 =G1 =3D= x =A"), "1=2 \xE4\xE4 =G1 == x =A");
    EXPECT_EQ(decode_quoted_printable("a_b\n\n=\n"), "a_b\n\n");
}

TEST(Transfer, IdentityAndUnknownGiveTheBytes) {
    EXPECT_EQ(decode_transfer(TransferEncoding::identity, "YQ==\n"), "YQ==\n");
    EXPECT_EQ(decode_transfer(TransferEncoding::unknown, "=41"), "=41");
    EXPECT_EQ(decode_transfer(TransferEncoding::base64, "YQ==\n"), "a");
    EXPECT_EQ(decode_transfer(TransferEncoding::quoted_printable, "=41"), "A");
}

TEST(Charset, TextOfManyCharsetsBecomesUtf8) {
    EXPECT_EQ(to_utf8("\xA4", "ISO-8859-15"), "\xE2\x82\xAC");
    EXPECT_EQ(to_utf8("\x80", "iso-8859-1"), "\xE2\x82\xAC");
    EXPECT_EQ(to_utf8("\xF0\xF2\xE9\xF7\xE5\xF4", "koi8-r"), "\xD0\x9F\xD0\xA0\xD0\x98\xD0\x92\xD0\x95\xD0\xA2");
    EXPECT_EQ(to_utf8("\x1B$B4A;z\x1B(B", "iso-2022-jp"), "\xE6\xBC\xA2\xE5\xAD\x97");
    EXPECT_EQ(to_utf8("\xC4\xE3", "gb2312"), "\xE4\xBD\xA0");
    EXPECT_EQ(to_utf8("+AOQ-", "utf-7"), "\xC3\xA4");
}

TEST(Charset, BrokenTextBecomesReplacementCharacters) {
    EXPECT_EQ(to_utf8("a\xFFz", "utf-8"), "a\xEF\xBF\xBDz");
    EXPECT_TRUE(ascii::is_utf8(*to_utf8("\x1B$B\xFF\xFE", "iso-2022-jp")));
}

TEST(Charset, UsAsciiWith8BitBytesIsGuessed) {
    EXPECT_EQ(to_utf8("\xC3\xA4", "us-ascii"), "\xC3\xA4");
    EXPECT_EQ(to_utf8("\xE4", "US-ASCII"), "\xC3\xA4");
}

TEST(Charset, UnknownNamesAreRefused) {
    EXPECT_FALSE(to_utf8("a", ""));
    EXPECT_FALSE(to_utf8("a", "x-unknown"));
    EXPECT_FALSE(to_utf8("a", "utf-16,version=1"));
    EXPECT_FALSE(to_utf8("a", std::string(1000, 'a')));
}

TEST(Charset, LongTextIsConvertedWhole) {
    const std::string out = *to_utf8(std::string(100000, '\xE4'), "iso-8859-1");
    EXPECT_EQ(out.size(), 200000u);
    EXPECT_TRUE(ascii::is_utf8(out));
}

}  // namespace
}  // namespace posthouse::mime
