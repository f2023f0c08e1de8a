// Tests of scores that halve with time, and of their bounded memory.
#include "guardd/decaying_scores.h"

#include <gtest/gtest.h>

namespace posthouse::guard {
namespace {

using std::chrono::minutes;

constexpr Time half_life = minutes(10);

TEST(DecayingScores, HalveInEachHalfLife) {
    DecayingScores scores(10, half_life);
    scores.put("a", 8, minutes(0));
    EXPECT_DOUBLE_EQ(scores.score("a", minutes(0)), 8);
    EXPECT_DOUBLE_EQ(scores.score("a", minutes(10)), 4);
    EXPECT_DOUBLE_EQ(scores.score("a", minutes(30)), 1);
    EXPECT_EQ(scores.score("b", minutes(0)), 0);
}

TEST(DecayingScores, AClockThatWentBackDoesNotRaiseThem) {
    DecayingScores scores(10, half_life);
    scores.put("a", 8, minutes(100));
    EXPECT_DOUBLE_EQ(scores.score("a", minutes(50)), 8);
    EXPECT_EQ(scores.entries(minutes(50)).at(0).age, Time(0));
}

TEST(DecayingScores, ForgetTheOneSetLongestAgo) {
    DecayingScores scores(3, half_life);
    for (const char* name : {"a", "b", "c"}) scores.put(name, 1, minutes(0));
    scores.put("a", 2, minutes(1));
    scores.put("d", 1, minutes(2));
    EXPECT_EQ(scores.size(), 3u);
    EXPECT_EQ(scores.score("b", minutes(2)), 0);
    EXPECT_GT(scores.score("a", minutes(2)), 1);
    EXPECT_GT(scores.score("c", minutes(2)), 0);
}

TEST(DecayingScores, StayWithinTheirCapacityUnderAFlood) {
    DecayingScores scores(100, half_life);
    for (int i = 0; i < 10'000; ++i) scores.put(std::to_string(i), 1, minutes(0));
    EXPECT_EQ(scores.size(), 100u);
    EXPECT_EQ(scores.score("9899", minutes(0)), 0);
    EXPECT_EQ(scores.score("9900", minutes(0)), 1);
}

TEST(DecayingScores, LoweringToNothingForgets) {
    DecayingScores scores(10, half_life);
    scores.put("a", 3, minutes(0));
    scores.lower("a", 1, minutes(0));
    EXPECT_DOUBLE_EQ(scores.score("a", minutes(0)), 2);
    scores.lower("a", 1, minutes(10));
    EXPECT_EQ(scores.size(), 0u);
    scores.lower("a", 1, minutes(10));
    EXPECT_EQ(scores.size(), 0u);
}

TEST(DecayingScores, ASmallerCapacityForgetsTheOldest) {
    DecayingScores scores(10, half_life);
    for (const char* name : {"a", "b", "c"}) scores.put(name, 4, minutes(0));
    scores.set(1, minutes(20));
    EXPECT_EQ(scores.size(), 1u);
    EXPECT_DOUBLE_EQ(scores.score("c", minutes(20)), 2);
}

TEST(DecayingScores, SurviveARestart) {
    DecayingScores before(10, half_life);
    before.put("old", 8, minutes(100));
    before.put("new", 1, minutes(110));
    before.put("gone", 1, minutes(0));
    const auto entries = before.entries(minutes(120));
    ASSERT_EQ(entries.size(), 2u);
    EXPECT_EQ(entries[0].name, "old");
    EXPECT_EQ(entries[0].age, Time(minutes(20)));
    DecayingScores after(10, half_life);
    after.restore(entries, minutes(7));  // another machine's clock: only ages count
    EXPECT_DOUBLE_EQ(after.score("old", minutes(7)), 2);
    EXPECT_DOUBLE_EQ(after.score("new", minutes(7)), 0.5);
}

}  // namespace
}  // namespace posthouse::guard
