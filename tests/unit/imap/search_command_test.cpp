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

Result<Sort> parse_sort(std::string_view command) { return parse_arguments<Sort>(*read_head(command)); }
Result<Thread> parse_thread(std::string_view command) { return parse_arguments<Thread>(*read_head(command)); }

TEST(SortCommand, ReadsTheExamplesOfRfc5256) {
    const auto sort = parse_sort("A282 SORT (SUBJECT REVERSE DATE) UTF-8 ALL");
    ASSERT_TRUE(sort) << sort.error().text;
    ASSERT_EQ(sort->criteria.size(), 2u);
    EXPECT_EQ(sort->criteria[0].key, SortKey::subject);
    EXPECT_FALSE(sort->criteria[0].reverse);
    EXPECT_EQ(sort->criteria[1].key, SortKey::date);
    EXPECT_TRUE(sort->criteria[1].reverse);
    EXPECT_EQ(sort->key.kind, Kind::all);
    EXPECT_TRUE(parse_sort("A283 SORT (SUBJECT) UTF-8 TEXT \"not in mailbox\""));
    EXPECT_TRUE(parse_sort("A284 UID SORT RETURN (MIN PARTIAL -1:-10) (DISPLAYFROM) us-ascii UNSEEN")->by_uid);
    for (const char* wrong : {"A SORT () UTF-8 ALL", "A SORT (AGE) UTF-8 ALL", "A SORT (REVERSE) UTF-8 ALL",
                              "A SORT (DATE) UTF-8", "A SORT DATE UTF-8 ALL", "A SORT (DATE) UTF-8 ALL)"})
        EXPECT_FALSE(parse_sort(wrong)) << wrong;
    EXPECT_EQ(parse_sort("A SORT (DATE) KOI8-R ALL").error().code, ErrorCode::unsupported);
}

TEST(ThreadCommand, ReadsTheExamplesOfRfc5256) {
    EXPECT_EQ(parse_thread("A283 THREAD ORDEREDSUBJECT UTF-8 SINCE 5-MAR-2000")->algorithm,
              Thread::Algorithm::ordered_subject);
    EXPECT_EQ(parse_thread("A284 THREAD REFERENCES US-ASCII TEXT \"gewp\"")->algorithm, Thread::Algorithm::references);
    EXPECT_EQ(parse_thread("A UID THREAD refs utf-8 ALL")->algorithm, Thread::Algorithm::refs);
    EXPECT_FALSE(parse_thread("A THREAD JWZ UTF-8 ALL"));
}

TEST(Search, ReadsSaveAndPartial) {
    EXPECT_EQ(parse("A SEARCH RETURN (SAVE) ALL")->returns, kReturnSave);
    EXPECT_TRUE(parse("A SEARCH $ UID $")->key.children[0].set.is_saved());
    const auto partial = parse("A SEARCH RETURN (PARTIAL 23500:24000 COUNT) UNDELETED");
    ASSERT_TRUE(partial);
    EXPECT_EQ(partial->partial, (PartialRange{23500, 24000}));
    for (const char* wrong :
         {"A SEARCH RETURN (PARTIAL 0:5) ALL", "A SEARCH RETURN (PARTIAL -1:5) ALL", "A SEARCH RETURN (PARTIAL 1) ALL",
          "A SEARCH RETURN (ALL PARTIAL 1:2) ALL", "A SEARCH RETURN (PARTIAL -5000000000:-1) ALL"})
        EXPECT_FALSE(parse(wrong)) << wrong;
}

TEST(Search, ReadsTheKeysOfExtensions) {
    for (const char* key :
         {"OLDER 3600", "YOUNGER 1", "EMAILID M6d99ac3275bb4e", "THREADID T64b478a75b7ea9", "SAVEDBEFORE 1-Jan-2020",
          "SAVEDON 1-Jan-2020", "SAVEDSINCE 1-Jan-2020", "SAVEDATESUPPORTED"})
        EXPECT_TRUE(parse("A SEARCH " + std::string(key))) << key;
    EXPECT_FALSE(parse("A SEARCH OLDER 0")) << "RFC 5032 §4";
}

TEST(PartialRange, TakesFromEitherEnd) {
    using Taken = std::pair<std::size_t, std::size_t>;
    EXPECT_EQ(taken_of({1, 3}, 10), (Taken{0, 3}));
    EXPECT_EQ(taken_of({3, 1}, 10), (Taken{0, 3}));
    EXPECT_EQ(taken_of({9, 12}, 10), (Taken{8, 2}));
    EXPECT_EQ(taken_of({11, 12}, 10), (Taken{0, 0}));
    EXPECT_EQ(taken_of({-1, -3}, 10), (Taken{7, 3}));
    EXPECT_EQ(taken_of({-8, -12}, 10), (Taken{0, 3}));
    EXPECT_EQ(taken_of({-11, -12}, 10), (Taken{0, 0}));
    EXPECT_EQ(taken_of({1, 1}, 0), (Taken{0, 0}));
    EXPECT_EQ(print({-1, -100}), "-1:-100");
}

// RFC 5267 §4.2, §4.3
TEST(Search, ReadsContextAndUpdate) {
    const auto hint = parse("A01 SEARCH RETURN (CONTEXT COUNT) UNDELETED UNKEYWORD $Junk");
    ASSERT_TRUE(hint);
    EXPECT_EQ(hint->returns, kReturnContext | kReturnCount);
    EXPECT_EQ(parse("A02 UID SEARCH RETURN (UPDATE) ALL")->returns, kReturnUpdate);
    const auto sort = parse_arguments<Sort>(
        *read_head("B01 UID SORT RETURN (COUNT UPDATE PARTIAL 23500:24000) (REVERSE ARRIVAL) US-ASCII UNSEEN"));
    ASSERT_TRUE(sort);
    EXPECT_EQ(sort->returns, kReturnCount | kReturnUpdate | kReturnPartial);
    EXPECT_EQ(sort->partial, (PartialRange{23500, 24000}));
}

// RFC 5267 §4.3.5
TEST(Search, ReadsTheTagsOfCancelUpdate) {
    const auto cancel = [](std::string_view command) { return parse_arguments<CancelUpdate>(*read_head(command)); };
    EXPECT_EQ(cancel("B04 CANCELUPDATE \"B01\"")->tags, std::vector<std::string>{"B01"});
    EXPECT_EQ(cancel("a CANCELUPDATE \"B01\" \"C 1\"")->tags, (std::vector<std::string>{"B01", "C 1"}));
    EXPECT_FALSE(cancel("a CANCELUPDATE"));
    EXPECT_FALSE(cancel("a CANCELUPDATE B01"));
    EXPECT_FALSE(cancel("a CANCELUPDATE \"B01\" "));
    std::string many = "a CANCELUPDATE";
    for (int i = 0; i < 65; ++i) many += " \"x\"";
    EXPECT_EQ(cancel(many).error().code, ErrorCode::limit);
}

// RFC 9738 §3.2
TEST(Search, UidAfterAndUidBeforeAreRangesOfUids) {
    const auto after = parse("a SEARCH UIDAFTER 25000");
    ASSERT_TRUE(after);
    EXPECT_EQ(after->key.kind, Kind::uid);
    EXPECT_EQ(after->key.set.resolve(1), (std::vector<NumberRange>{{25001, 4294967295}}));
    const auto before = parse("a SEARCH UIDBEFORE 25000 UNDELETED");
    ASSERT_TRUE(before);
    EXPECT_EQ(before->key.children[0].set.resolve(1), (std::vector<NumberRange>{{1, 24999}}));
    for (const char* none : {"a SEARCH UIDBEFORE 1", "a SEARCH UIDAFTER 4294967295"}) {
        const auto nothing = parse(none);
        ASSERT_TRUE(nothing);
        EXPECT_EQ(nothing->key.kind, Kind::negate);
        EXPECT_EQ(nothing->key.children[0].kind, Kind::all);
    }
    EXPECT_EQ(error_of("a SEARCH UIDAFTER 0"), "Number must not be zero");
    EXPECT_EQ(error_of("a SEARCH UIDBEFORE *"), "Expected a number");
}

}  // namespace
}  // namespace posthouse::imap
