// Tests of when memory is given back.
#include "lib/daemon/trimming.h"

#include <gtest/gtest.h>

namespace posthouse::daemon {
namespace {

constexpr std::size_t mib = std::size_t{1} << 20;

/// How many looks at `resident` go by until one asks for a trim, that one included.
std::size_t looks_until_trim(TrimSchedule& schedule, std::size_t resident) {
    for (std::size_t looks = 1; looks <= 2 * TrimSchedule::longest_pause; ++looks)
        if (schedule.look(resident)) return looks;
    return 0;
}

TEST(TrimSchedule, WhoNeedsWhatTheyAlwaysNeededIsLeftAlone) {
    TrimSchedule schedule;
    EXPECT_EQ(looks_until_trim(schedule, 300 * mib), 0u);
    EXPECT_EQ(looks_until_trim(schedule, 310 * mib), 0u);
}

TEST(TrimSchedule, APeakIsFollowedByATrim) {
    TrimSchedule schedule;
    EXPECT_FALSE(schedule.look(20 * mib));
    EXPECT_TRUE(schedule.look(700 * mib));
    schedule.trimmed(700 * mib, 21 * mib);
    EXPECT_EQ(looks_until_trim(schedule, 21 * mib), 0u);
    EXPECT_TRUE(schedule.look(700 * mib));
}

TEST(TrimSchedule, WhatIsInUseIsTriedAgainMoreAndMoreRarely) {
    TrimSchedule schedule;
    EXPECT_FALSE(schedule.look(20 * mib));
    EXPECT_TRUE(schedule.look(700 * mib));
    std::size_t expected = 2;
    for (int i = 0; i < 12; ++i) {
        schedule.trimmed(700 * mib, 699 * mib);
        EXPECT_EQ(looks_until_trim(schedule, 700 * mib), std::min(expected, TrimSchedule::longest_pause));
        expected *= 2;
    }
    // Once it was of use, there may be more to come.
    schedule.trimmed(700 * mib, 300 * mib);
    EXPECT_EQ(looks_until_trim(schedule, 300 * mib), 1u);
}

TEST(TrimSchedule, AFurtherPeakDoesNotWaitForTheNextAttempt) {
    TrimSchedule schedule;
    EXPECT_FALSE(schedule.look(20 * mib));
    for (int i = 0; i < 8; ++i) {
        EXPECT_GT(looks_until_trim(schedule, 100 * mib), 0u);
        schedule.trimmed(100 * mib, 100 * mib);
    }
    EXPECT_FALSE(schedule.look(100 * mib));
    EXPECT_TRUE(schedule.look(120 * mib));
}

}  // namespace
}  // namespace posthouse::daemon
