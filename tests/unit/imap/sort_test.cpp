// Tests of lib/imap/sort.h.
#include "lib/imap/sort.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <string>

namespace posthouse::imap {
namespace {

using Numbers = std::vector<std::uint32_t>;
using Criteria = std::vector<SortCriterion>;

const std::vector<SortMessage> messages = {
    {.number = 1, .arrival = 30, .sent = -5, .size = 200, .subject = "B", .from = "ZED", .display_from = "ANN"},
    {.number = 2, .arrival = 10, .sent = 7, .size = 100, .subject = "ABCDEFGHZ", .from = "AMY", .display_from = "ZOE"},
    {.number = 3, .arrival = 20, .sent = 7, .size = 300, .subject = "ABCDEFGHA", .from = "AMY"},
    {.number = 4, .arrival = 20, .sent = 9, .size = 100, .subject = "", .from = "AMY"}};

// RFC 5256 §3: "for example, (REVERSE DATE)"; sent dates may lie before 1970.
TEST(Sort, NumbersOrderByValue) {
    EXPECT_EQ(sort_messages(messages, Criteria{{SortKey::arrival}}), (Numbers{2, 3, 4, 1}));
    EXPECT_EQ(sort_messages(messages, Criteria{{SortKey::date}}), (Numbers{1, 2, 3, 4}));
    EXPECT_EQ(sort_messages(messages, Criteria{{SortKey::size}}), (Numbers{2, 4, 1, 3}));
}

TEST(Sort, TextsOrderByBytes) {
    EXPECT_EQ(sort_messages(messages, Criteria{{SortKey::subject}}), (Numbers{4, 3, 2, 1}));
    EXPECT_EQ(sort_messages(messages, Criteria{{SortKey::from}}), (Numbers{2, 3, 4, 1}));
    EXPECT_EQ(sort_messages(messages, Criteria{{SortKey::display_from}}), (Numbers{3, 4, 1, 2}));
    const std::vector<SortMessage> high = {{.number = 1, .to = "\xC3\xA4"}, {.number = 2, .to = "z"}};
    EXPECT_EQ(sort_messages(high, Criteria{{SortKey::to}}), (Numbers{2, 1}));
}

TEST(Sort, ReverseTurnsOneKeyAndLeavesSequenceNumbers) {
    EXPECT_EQ(sort_messages(messages, Criteria{{SortKey::date, true}}), (Numbers{4, 2, 3, 1}));
    EXPECT_EQ(sort_messages(messages, Criteria{{SortKey::subject, true}}), (Numbers{1, 2, 3, 4}));
    EXPECT_EQ(sort_messages(messages, Criteria{{SortKey::from}, {SortKey::size, true}}), (Numbers{3, 2, 4, 1}));
    EXPECT_EQ(sort_messages(messages, Criteria{{SortKey::from, true}, {SortKey::date}}), (Numbers{1, 2, 3, 4}));
}

TEST(Sort, LaterKeysDecideWhatEarlierOnesLeaveOpen) {
    EXPECT_EQ(sort_messages(messages, Criteria{{SortKey::size}, {SortKey::subject}}), (Numbers{4, 2, 1, 3}));
    EXPECT_EQ(sort_messages(messages, Criteria{{SortKey::cc}, {SortKey::to}, {SortKey::display_to}}),
              (Numbers{1, 2, 3, 4}));
}

TEST(Sort, NulAndNothingAreDifferent) {
    const std::vector<SortMessage> texts = {{.number = 1, .cc = std::string_view("\0", 1)}, {.number = 2, .cc = ""}};
    EXPECT_EQ(sort_messages(texts, Criteria{{SortKey::cc}}), (Numbers{2, 1}));
    EXPECT_EQ(sort_messages(texts, Criteria{{SortKey::cc, true}}), (Numbers{1, 2}));
}

TEST(Sort, LongTextsAreComparedToTheirEnd) {
    const std::string same(40, 'X');
    const std::string more = same + "A";
    const std::string other = same + "B";
    const std::vector<SortMessage> texts = {{.number = 1, .subject = other},
                                            {.number = 2, .subject = more},
                                            {.number = 3, .subject = same},
                                            {.number = 4, .subject = std::string_view(same).substr(0, 16)},
                                            {.number = 5, .subject = std::string_view(same).substr(0, 17)}};
    EXPECT_EQ(sort_messages(texts, Criteria{{SortKey::subject}}), (Numbers{4, 5, 3, 2, 1}));
    EXPECT_EQ(sort_messages(texts, Criteria{{SortKey::subject, true}}), (Numbers{1, 2, 3, 5, 4}));
}

TEST(Sort, RandomTextsOrderAsAPlainComparisonDoes) {
    std::mt19937 random(20261127);
    for (int round = 0; round < 200; ++round) {
        std::vector<std::string> texts(1 + random() % 60);
        std::vector<SortMessage> some;
        for (std::string& text : texts) {
            // Two letters and NUL, so that many begin alike and end at the border of a part.
            text.resize(random() % 3 == 0 ? random() % 50 : 16 * (random() % 3));
            for (char& c : text) c = random() % 40 == 0 ? '\0' : random() % 8 == 0 ? 'B' : 'A';
            some.push_back({.number = static_cast<std::uint32_t>(some.size()), .size = random() % 3, .subject = text});
        }
        const Criteria criteria = {{SortKey::subject, random() % 2 == 0}, {SortKey::size, random() % 2 == 0}};
        Numbers expected(some.size());
        std::iota(expected.begin(), expected.end(), 0U);
        std::ranges::sort(expected, [&](std::uint32_t a, std::uint32_t b) {
            if (some[a].subject != some[b].subject)
                return criteria[0].reverse ? some[b].subject < some[a].subject : some[a].subject < some[b].subject;
            if (some[a].size != some[b].size)
                return criteria[1].reverse ? some[b].size < some[a].size : some[a].size < some[b].size;
            return a < b;
        });
        ASSERT_EQ(sort_messages(some, criteria), expected) << "round " << round;
    }
}

TEST(Sort, NothingSortsToNothing) {
    EXPECT_EQ(sort_messages({}, Criteria{{SortKey::date}}), Numbers{});
    EXPECT_EQ(sort_messages(messages, {}), (Numbers{1, 2, 3, 4}));
}

}  // namespace
}  // namespace posthouse::imap
