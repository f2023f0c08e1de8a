// Tests of lib/imap/search_command.h.
#include "lib/imap/search_command.h"

#include <gtest/gtest.h>

#include "lib/imap/command.h"

namespace posthouse::imap {
namespace {

using Kind = SearchKey::Kind;

Result<Search> parse(std::string_view command) { return parse_arguments<Search>(*read_head(command)); }
std::string error_of(std::string_view command) {
    const auto parsed = parse(command);
    return parsed ? "" : parsed.error().text;
}

TEST(Search, ReadsTheExampleOfRfc3501) {
    const auto search = parse("A282 SEARCH FLAGGED SINCE 1-Feb-1994 NOT FROM \"Smith\"");
    ASSERT_TRUE(search);
    ASSERT_EQ(search->key.kind, Kind::conjunction);
    const auto& keys = search->key.children;
    ASSERT_EQ(keys.size(), 3u);
    EXPECT_EQ(keys[0].flag, kFlagged);
    EXPECT_EQ(keys[1].kind, Kind::since);
    EXPECT_EQ(keys[1].day.days, 8797);
    ASSERT_EQ(keys[2].kind, Kind::negate);
    EXPECT_EQ(keys[2].children[0].field, "from");
    EXPECT_EQ(keys[2].children[0].text, "Smith");
}

TEST(Search, ReadsEveryKeyOfRfc3501) {
    for (const char* key : {"1:3,5",
                            "*",
                            "ALL",
                            "ANSWERED",
                            "BCC x",
                            "BEFORE 1-Jan-2020",
                            "BODY x",
                            "CC x",
                            "DELETED",
                            "DRAFT",
                            "FLAGGED",
                            "FROM x",
                            "HEADER X-Y z",
                            "HEADER X-Y \"\"",
                            "KEYWORD $x",
                            "LARGER 5",
                            "NEW",
                            "NOT SEEN",
                            "OLD",
                            "ON \"01-Jan-2020\"",
                            "OR SEEN DRAFT",
                            "RECENT",
                            "SEEN",
                            "SENTBEFORE 1-Jan-2020",
                            "SENTON 1-Jan-2020",
                            "SENTSINCE 1-Jan-2020",
                            "SINCE 1-Jan-2020",
                            "SMALLER 5",
                            "SUBJECT x",
                            "TEXT {3}\r\nx y",
                            "TO x",
                            "UID 1:*",
                            "UNANSWERED",
                            "UNDELETED",
                            "UNDRAFT",
                            "UNFLAGGED",
                            "UNKEYWORD x",
                            "UNSEEN",
                            "(SEEN)",
                            "((SEEN DRAFT) 1)"}) {
        EXPECT_TRUE(parse(std::string("a search ") + key)) << key;
        EXPECT_TRUE(parse(std::string("a UID SEARCH OR ") + key + " NOT (" + key + ")")) << key;
    }
}

TEST(Search, TextsAreUtf8OrAscii) {
    EXPECT_EQ(parse("a SEARCH CHARSET UTF-8 SUBJECT {2}\r\n\xC3\xA4")->key.text, "\xC3\xA4");
    EXPECT_EQ(error_of("a SEARCH CHARSET UTF-8 SUBJECT {1}\r\n\xE4"), "Search text is not valid in its charset");
    const auto unknown = parse("a SEARCH CHARSET KOI8-R TEXT x");
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().code, ErrorCode::unsupported);
    EXPECT_TRUE(unknown.error().text.starts_with("[BADCHARSET (US-ASCII UTF-8)]"));
}

TEST(Search, ReadsReturnOptionsOfRfc4731) {
    const auto both = parse("A282 SEARCH RETURN (MIN COUNT) FLAGGED");
    ASSERT_TRUE(both);
    EXPECT_TRUE(both->extended);
    EXPECT_EQ(both->returns, kReturnMin | kReturnCount);
    EXPECT_EQ(parse("a SEARCH RETURN () CHARSET UTF-8 ALL")->returns, kReturnAll);
    EXPECT_FALSE(parse("a SEARCH ALL")->extended);
    EXPECT_EQ(error_of("a SEARCH RETURN (MEDIAN) ALL"), "Unknown SEARCH return option");
    EXPECT_EQ(error_of("a SEARCH RETURN (MIN)"), "Missing argument");
}

TEST(Search, NestingIsBounded) {
    const auto nested = [](int depth) {
        return "a SEARCH " + std::string(static_cast<std::size_t>(depth), '(') + "ALL" +
               std::string(static_cast<std::size_t>(depth), ')');
    };
    EXPECT_TRUE(parse(nested(32)));
    EXPECT_EQ(error_of(nested(33)), "Search keys nested too deep");
    std::string nots = "a SEARCH ";
    for (int i = 0; i < 60'000 / 4; ++i) nots += "NOT ";
    EXPECT_EQ(error_of(nots + "ALL"), "Search keys nested too deep");
    std::string many = "a SEARCH";
    for (int i = 0; i < 501; ++i) many += " ALL";
    EXPECT_EQ(error_of(many), "Too many search keys");
}

TEST(Search, NamesTheMistake) {
    EXPECT_EQ(error_of("a SEARCH"), "Missing argument");
    EXPECT_EQ(error_of("a SEARCH COLOUR"), "Unknown search key COLOUR");
    EXPECT_EQ(error_of("a SEARCH FROM"), "Missing argument");
    EXPECT_EQ(error_of("a SEARCH OR SEEN"), "Missing argument");
    EXPECT_EQ(error_of("a SEARCH (SEEN"), "Missing argument");
    EXPECT_EQ(error_of("a SEARCH SINCE 32-Jan-2020"), "Invalid date");
    EXPECT_EQ(error_of("a SEARCH SEEN)"), "Unexpected arguments after the command's end");
    EXPECT_FALSE(parse("a SEARCH ()"));
    EXPECT_FALSE(parse("a SEARCH  SEEN"));
}

}  // namespace
}  // namespace posthouse::imap
