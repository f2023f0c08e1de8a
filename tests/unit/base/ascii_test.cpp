// Tests of lib/base/ascii.h and base64.h.
#include "lib/base/ascii.h"

#include <gtest/gtest.h>

#include "lib/base/base64.h"
#include "lib/base/log.h"

namespace posthouse {
namespace {

TEST(Ascii, ComparesWithoutCaseInAsciiOnly) {
    EXPECT_TRUE(ascii::iequals("INBOX", "inbox"));
    EXPECT_FALSE(ascii::iequals("\xC4", "\xE4"));
}

TEST(Ascii, NumbersMustUseTheWholeTextAndFit) {
    EXPECT_EQ(ascii::parse_number("18446744073709551615"), UINT64_MAX);
    EXPECT_FALSE(ascii::parse_number("18446744073709551616"));
    EXPECT_FALSE(ascii::parse_number("+1"));
    EXPECT_FALSE(ascii::parse_number(""));
}

TEST(Ascii, Utf8RefusesOverlongFormsAndSurrogates) {
    EXPECT_TRUE(ascii::is_utf8("gr\xC3\xBC\xC3\x9F \xE2\x82\xAC \xF0\x9F\x93\xAC"));
    EXPECT_FALSE(ascii::is_utf8("\xC0\x80"));
    EXPECT_FALSE(ascii::is_utf8("\xED\xA0\x80"));
    EXPECT_FALSE(ascii::is_utf8("\xE2\x82"));
    EXPECT_FALSE(ascii::is_utf8("\xF4\x90\x80\x80"));
}

TEST(Base64, VectorsOfRfc4648) {
    const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                           {"f", "Zg=="},
                                                           {"fo", "Zm8="},
                                                           {"foo", "Zm9v"},
                                                           {"foob", "Zm9vYg=="},
                                                           {"fooba", "Zm9vYmE="},
                                                           {"foobar", "Zm9vYmFy"}};
    for (const auto& [plain, encoded] : vectors) {
        EXPECT_EQ(base64::encode(plain), encoded);
        EXPECT_EQ(base64::decode(encoded), plain);
    }
}

TEST(Base64, RefusesWhatIsNotCanonical) {
    for (const char* text : {"Zg=", "Zg", "Z===", "Zh==", "Zm9v\n", "Zm 9", "=Zm9", "Zm9=Zm9v"})
        EXPECT_FALSE(base64::decode(text)) << text;
}

TEST(Log, AClientCannotForgeALine) {
    EXPECT_EQ(log::escape("a\r\nb\x01\"\\"), "a\\r\\nb\\x01\\\"\\\\");
    EXPECT_EQ(log::escape("caf\xC3\xA9"), "caf\xC3\xA9");
    EXPECT_EQ(log::escape("\xFF"), "\\xff");
    // U+009B begins an escape sequence in a terminal, U+202E turns the writing direction, U+2028 ends a line for some.
    EXPECT_EQ(log::escape("\xC2\x9B"
                          "31m\xC2\xA0\xE2\x82\xAC"),
              "\\xc2\\x9b"
              "31m\xC2\xA0\xE2\x82\xAC");
    EXPECT_EQ(log::escape("\xE2\x80\xAE\xE2\x80\xA8\xE2\x81\xA6"), "\\xe2\\x80\\xae\\xe2\\x80\\xa8\\xe2\\x81\\xa6");
    const std::string line =
        log::format_line(false, log::Level::info, "T", "smtpd", "S", "login", {{"user", "x y\n"}, {"size", 3}});
    EXPECT_TRUE(line.ends_with("info: S: login user=\"x y\\n\" size=3")) << line;
    const std::string from_outside = log::format_line(false, log::Level::info, "T", "authd", "x: hello\"", "login", {});
    EXPECT_TRUE(from_outside.ends_with("info: \"x: hello\\\"\": login")) << from_outside;
}

}  // namespace
}  // namespace posthouse
