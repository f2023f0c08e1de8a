// Pauses between attempts: RFC 5321 §4.5.4.1.
#include "queued/schedule/backoff.h"

#include <gtest/gtest.h>

namespace posthouse::schedule {
namespace {

using namespace std::chrono_literals;
const TimePoint kArrival{Duration(1'790'000'000'000)};

TEST(Backoff, TheFirstPauseIsShortAndEachIsTwiceTheOneBeforeUpToTheLongest) {
    const Backoff backoff{.first = 1min, .longest = 1h, .jitter = 0};
    Random random(1);
    EXPECT_EQ(backoff.pause(1, random), 1min);
    EXPECT_EQ(backoff.pause(2, random), 2min);
    EXPECT_EQ(backoff.pause(6, random), 32min);
    EXPECT_EQ(backoff.pause(7, random), 1h);
    EXPECT_EQ(backoff.pause(4'000'000'000, random), 1h);
    EXPECT_EQ(backoff.pause(0, random), 1min);
}

TEST(Backoff, JitterSpreadsWhatFailedTogether) {
    const Backoff backoff{.first = 10min, .jitter = 0.2};
    Random random(1);
    Duration least = 1h;
    Duration most{};
    for (int i = 0; i < 1000; ++i) {
        const Duration pause = backoff.pause(1, random);
        least = std::min(least, pause);
        most = std::max(most, pause);
    }
    EXPECT_GE(least, 8min);
    EXPECT_LT(least, 8min + 10s);
    EXPECT_LE(most, 12min);
    EXPECT_GT(most, 12min - 10s);
}

TEST(Backoff, TheLastAttemptIsWhenTheLifetimeEnds) {
    const Backoff backoff;
    Random random(1);
    const TimePoint end = kArrival + backoff.lifetime;
    EXPECT_EQ(backoff.next_attempt(kArrival, 100, end - 1min, random), end);
    EXPECT_EQ(backoff.next_attempt(kArrival, 101, end, random), std::nullopt);
    EXPECT_EQ(backoff.next_attempt(kArrival, 1, end + 24h, random), std::nullopt);
}

TEST(Backoff, AMessageIsTriedSomeHundredTimesInItsLife) {
    const Backoff backoff;
    Random random(1);
    std::uint32_t attempts = 1;
    for (auto at = backoff.next_attempt(kArrival, 1, kArrival, random); at;
         at = backoff.next_attempt(kArrival, attempts, *at, random)) {
        ++attempts;
    }
    EXPECT_GT(attempts, 110U);
    EXPECT_LT(attempts, 150U);
}

TEST(Backoff, TheSenderIsWarnedOnceAndInTime) {
    const Backoff backoff{.lifetime = 24h * 5, .warn_after = 4h};
    EXPECT_FALSE(backoff.warning_due(kArrival, false, kArrival + 3h));
    EXPECT_TRUE(backoff.warning_due(kArrival, false, kArrival + 4h));
    EXPECT_FALSE(backoff.warning_due(kArrival, true, kArrival + 4h));
    EXPECT_FALSE(backoff.warning_due(kArrival, false, kArrival + 24h * 5)) << "it fails now";
    EXPECT_FALSE(Backoff{.warn_after = 0h}.warning_due(kArrival, false, kArrival + 24h));
}

}  // namespace
}  // namespace posthouse::schedule
