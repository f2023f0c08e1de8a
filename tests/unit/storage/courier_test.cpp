// Courier's small files as Courier-IMAP 5.0 writes them, and damaged.
#include "storage/courier.h"

#include <gtest/gtest.h>

namespace posthouse::storage {
namespace {

using Names = std::vector<std::string>;

TEST(CourierUidsTest, UidsAndUidValidityAreThoseOfTheFile) {
    const auto uids = parse_courier_uids("1 795772748 4\n1 1000000001.M1P1V0801I1_0.host,S=20\n3 a name with blanks\n");
    ASSERT_TRUE(uids);
    EXPECT_EQ(uids->header.uid_validity, 795772748u);
    EXPECT_EQ(uids->next_uid(), 4u);
    ASSERT_EQ(uids->lines.entries.size(), 2u);
    EXPECT_EQ(uids->lines.entries[0], (UidListEntry{1, "", "1000000001.M1P1V0801I1_0.host,S=20"}));
    EXPECT_EQ(uids->lines.entries[1], (UidListEntry{3, "", "a name with blanks"}));
    EXPECT_FALSE(uids->lines.damaged);
}

TEST(CourierUidsTest, WithoutAUsableHeaderThereIsNothing) {
    for (const char* text : {"", "\n", "1 5 6", "0 5 6\n1 a\n", "1 0 6\n1 a\n", "1 4294967296 6\n1 a\n", "1 5\n1 a\n",
                             "3 V5 N6\n1 :a\n", "-1 5 6\n", "1 5 x\n"})
        EXPECT_FALSE(parse_courier_uids(text)) << text;
}

TEST(CourierUidsTest, DamagedLinesAreLeftOut) {
    const auto uids = parse_courier_uids("1 5 2\n0 a\n2 b\n2 c\n1 d\nx e\n4294967296 f\n7\n8 \n9 g/h\n10 i\n11 torn");
    ASSERT_TRUE(uids);
    EXPECT_TRUE(uids->lines.damaged);
    ASSERT_EQ(uids->lines.entries.size(), 2u);
    EXPECT_EQ(uids->lines.entries[0].base, "b");
    EXPECT_EQ(uids->lines.entries[1].base, "i");
    EXPECT_EQ(uids->next_uid(), 11u);
}

TEST(CourierUidsTest, OfTwoLinesOfOneNameTheLaterCounts) {
    const auto uids = parse_courier_uids("1 5 9\n1 a\n2 b\n3 a\n");
    ASSERT_TRUE(uids);
    ASSERT_EQ(uids->lines.entries.size(), 2u);
    EXPECT_EQ(uids->lines.entries[0], (UidListEntry{2, "", "b"}));
    EXPECT_EQ(uids->lines.entries[1], (UidListEntry{3, "", "a"}));
}

TEST(CourierUidsTest, TheHighestUidIsTheLast) {
    const auto uids = parse_courier_uids("1 4294967295 4294967295\n4294967295 a\n");
    ASSERT_TRUE(uids);
    EXPECT_EQ(uids->header.uid_validity, 4294967295u);
    EXPECT_EQ(uids->lines.entries.at(0).uid, 4294967295u);
    EXPECT_EQ(uids->next_uid(), 4294967295u);
}

TEST(CourierKeywordsTest, NumbersCountTheNamesFromZero) {
    const CourierKeywords keywords = parse_courier_keywords(
        "Junk\nwork\n$Forwarded\n\n1000000001.M1P1V0801I1_0.host,S=20:2 1\n1000000002.M2P1V0801I1_0.host,S=20:0\n");
    EXPECT_EQ(keywords.size(), 2u);
    EXPECT_EQ(keywords.at("1000000001.M1P1V0801I1_0.host,S=20"), (Names{"$Forwarded", "work"}));
    EXPECT_EQ(keywords.at("1000000002.M2P1V0801I1_0.host,S=20"), (Names{"Junk"}));
}

TEST(CourierKeywordsTest, WhatMakesNoSenseIsLeftOut) {
    const CourierKeywords keywords =
        parse_courier_keywords("Junk\nno atom\n\na:b:0\nc:1\nd:2\ne:4294967296 -1 x 0\nf\n:0\ng/h:0\ni\tj:0\nk:\n");
    EXPECT_EQ(keywords.size(), 2u);
    EXPECT_EQ(keywords.at("a:b"), (Names{"Junk"}));
    EXPECT_EQ(keywords.at("e"), (Names{"Junk"}));
    EXPECT_TRUE(parse_courier_keywords("").empty());
    EXPECT_TRUE(parse_courier_keywords("Junk\n").empty());
}

TEST(CourierKeywordsTest, AMessagesOwnFileHasALinePerKeyword) {
    EXPECT_EQ(parse_courier_keyword_lines("$Forwarded\nwork\n"), (Names{"$Forwarded", "work"}));
    EXPECT_EQ(parse_courier_keyword_lines("\n(\nwork"), (Names{"work"}));
    EXPECT_TRUE(parse_courier_keyword_lines("").empty());
}

TEST(CourierUniqueIdsTest, AreNumberAndUidValidity) {
    const auto ids = parse_courier_unique_ids(
        "/3 5 1795772774\n1000000001.M1P1V0801I1_0.host,S=20:2,S 21 1:1795772774:0\na name with blanks:2, 21 4:17:1\n");
    EXPECT_EQ(ids.size(), 2u);
    EXPECT_EQ(ids.at("1000000001.M1P1V0801I1_0.host,S=20"), "UID1-1795772774");
    EXPECT_EQ(ids.at("a name with blanks"), "UID4-17");
    EXPECT_EQ(parse_courier_unique_ids("/2 2 17\na 21 1:0\n").at("a"), "UID1");
}

TEST(CourierUniqueIdsTest, WhatMakesNoSenseIsLeftOutAndNoTwoAreTheSame) {
    const auto ids = parse_courier_unique_ids(
        "/3 5 7\na 21 1:7:0\nb 21 1:7:0\nc 21 x:7\nd 21 3\ne\n\nf/g 1 2:7\nh 1 4294967296:7\n 1 5:7\na 21 6:7:0\n");
    EXPECT_EQ(ids.size(), 1u);
    EXPECT_EQ(ids.at("a"), "UID1-7");
    for (const char* text : {"", "/1 5 7\na 21 1:7:0\n", "3 5 7\na 21 1:7:0\n", "/x\na 21 1:7:0\n"})
        EXPECT_TRUE(parse_courier_unique_ids(text).empty()) << text;
}

TEST(CourierSubscriptionsTest, NamesStandBelowInbox) {
    EXPECT_EQ(parse_courier_subscriptions("INBOX.Sent\nINBOX.Work.Q1\nINBOX\nINBOX.Entw&APw-rfe\n"),
              (Names{"Sent", "Work\tQ1", "INBOX", "Entw&APw-rfe"}));
    EXPECT_EQ(parse_courier_subscriptions("inbox.a\nINBOX.\n#shared.b\nshared.c\n\nINBOXd\n"), (Names{"a"}));
}

}  // namespace
}  // namespace posthouse::storage
