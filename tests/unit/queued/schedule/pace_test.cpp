// The state of one destination: feedback, death and probes, rate.
#include "queued/schedule/pace.h"

#include <gtest/gtest.h>

namespace posthouse::schedule {
namespace {

using namespace std::chrono_literals;
const TimePoint kNow{Duration(1'790'000'000'000)};
const Feedback kFeedback;

/// A destination, and what happens to it with a full window.
struct Tried {
    explicit Tried(DestinationLimits limits = {}) : pace(kFeedback, limits) {}
    bool ends(Outcome outcome, TimePoint at = kNow) {
        return pace.finished(outcome, pace.window() - 1, at, kFeedback, random);
    }
    Pace pace;
    Random random{1};
};

TEST(Pace, BeginsCarefullyAndGrowsByOneForEachWindowServed) {
    Tried tried;
    EXPECT_EQ(tried.pace.window(), 5u);
    for (int i = 0; i < 4; ++i) tried.ends(Outcome::served);
    EXPECT_EQ(tried.pace.window(), 5u);
    tried.ends(Outcome::served);
    tried.ends(Outcome::served);
    EXPECT_EQ(tried.pace.window(), 6u);
    for (int i = 0; i < 1000; ++i) tried.ends(Outcome::served);
    EXPECT_EQ(tried.pace.window(), 20u) << "the administrator's limit";
}

TEST(Pace, DoesNotGrowBeyondWhatIsUsed) {
    Tried tried;
    for (int i = 0; i < 1000; ++i) tried.pace.finished(Outcome::served, 0, kNow, kFeedback, tried.random);
    EXPECT_LE(tried.pace.window(), 6u);
}

TEST(Pace, ShrinksWhenAskedTo) {
    Tried tried;
    for (int i = 0; i < 100; ++i) EXPECT_FALSE(tried.ends(Outcome::overloaded)) << "it lives";
    EXPECT_EQ(tried.pace.window(), 1u);
    EXPECT_TRUE(tried.pace.may_start(0, kNow));
    EXPECT_FALSE(tried.pace.may_start(1, kNow));
}

TEST(Pace, DiesOfAWindowOfFailures) {
    Tried tried;
    int failures = 1;
    while (!tried.ends(Outcome::unreachable)) ++failures;
    EXPECT_EQ(failures, 4) << "1/5 + 1/4 + 1/3 + 1/2";
    EXPECT_TRUE(tried.pace.dead(kNow));
    EXPECT_FALSE(tried.pace.may_start(0, kNow));
}

TEST(Pace, AFailureNowAndThenKillsNobody) {
    Tried tried;
    for (int i = 0; i < 1000; ++i) {
        EXPECT_FALSE(tried.ends(i % 3 == 0 ? Outcome::unreachable : Outcome::served));
    }
}

TEST(Pace, TheDeadAreProbedByOneAfterPausesThatGrow) {
    Tried tried;
    while (!tried.ends(Outcome::unreachable)) continue;
    TimePoint now = kNow;
    Duration before = 40s;
    for (int i = 0; i < 5; ++i) {
        const Duration pause = tried.pace.probe_at() - now;
        EXPECT_GT(pause, before);
        before = pause;
        now = tried.pace.probe_at();
        EXPECT_TRUE(tried.pace.may_start(0, now));
        EXPECT_FALSE(tried.pace.may_start(1, now));
        EXPECT_TRUE(tried.pace.finished(Outcome::unreachable, 0, now, kFeedback, tried.random));
    }
    for (int i = 0; i < 20; ++i) {
        now = tried.pace.probe_at();
        tried.pace.finished(Outcome::unreachable, 0, now, kFeedback, tried.random);
        EXPECT_LE(tried.pace.probe_at() - now, 36min);
    }
}

TEST(Pace, WhatEndsBadlyAfterDeathChangesNothing) {
    Tried tried;
    while (!tried.ends(Outcome::unreachable)) continue;
    const TimePoint probe = tried.pace.probe_at();
    EXPECT_FALSE(tried.ends(Outcome::unreachable, kNow + 1s));
    EXPECT_EQ(tried.pace.probe_at(), probe);
}

TEST(Pace, OneServedBringsItBack) {
    Tried tried;
    while (!tried.ends(Outcome::unreachable)) continue;
    EXPECT_FALSE(tried.pace.ordinary(kNow + 240h));
    tried.ends(Outcome::served, kNow + 1s);
    EXPECT_FALSE(tried.pace.dead(kNow + 1s));
    EXPECT_EQ(tried.pace.window(), 5u);
    EXPECT_TRUE(tried.pace.ordinary(kNow + 1s));
}

TEST(Pace, KeepsARate) {
    Tried tried({.concurrency = 20, .per_minute = 30});
    EXPECT_TRUE(tried.pace.may_start(0, kNow));
    tried.pace.started(kNow);
    EXPECT_FALSE(tried.pace.may_start(1, kNow + 1999ms));
    EXPECT_TRUE(tried.pace.may_start(1, kNow + 2s));
}

TEST(Pace, ALimitOfOneIsKept) {
    Tried tried({.concurrency = 1});
    for (int i = 0; i < 100; ++i) tried.pace.finished(Outcome::served, 0, kNow, kFeedback, tried.random);
    EXPECT_EQ(tried.pace.window(), 1u);
}

}  // namespace
}  // namespace posthouse::schedule
