// Tests of rates: windows that slide, what has to be waited for, and what goes when there is no room.
#include "guardd/rates.h"

#include <gtest/gtest.h>

namespace posthouse::guard {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;

// Midnight, so that an hour and a day begin.
constexpr WallTime midnight = hours(24 * 20'000);

constexpr Amounts message(std::uint64_t recipients) { return {0, 1, recipients}; }

RateLimits messages_in(std::uint64_t hour, std::uint64_t day) { return {{{0, hour, 0}, {0, day, 0}}}; }
RateLimits recipients_in(std::uint64_t hour, std::uint64_t day) { return {{{0, 0, hour}, {0, 0, day}}}; }

class RatesTest : public testing::Test {
  protected:
    /// Whether a message is within the limits, which counts it then.
    bool send(const std::string& name, const RateLimits& limits, std::uint64_t recipients = 1) {
        if (rates_.excess(name, message(recipients), limits, now_)) return false;
        rates_.add(name, message(recipients), now_);
        return true;
    }
    std::uint64_t used(const std::string& name, Period period, Measure measure) const {
        for (const auto& [known, amounts] : rates_.list({}, 100, now_))
            if (known == name) return amounts[index(period)][index(measure)];
        return 0;
    }

    WallTime now_ = midnight;
    Rates rates_{10};
};

TEST_F(RatesTest, SoManyMessagesFitIntoAnHour) {
    const RateLimits limits = messages_in(3, 0);
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(send("a", limits));
    EXPECT_FALSE(send("a", limits));
    EXPECT_TRUE(send("b", limits));
    EXPECT_EQ(used("a", Period::hour, Measure::messages), 3u);
}

TEST_F(RatesTest, WithoutALimitNothingIsTooMuch) {
    for (int i = 0; i < 100; ++i) EXPECT_TRUE(send("a", RateLimits{}));
    EXPECT_FALSE(rates_.excess("a", message(1'000'000), RateLimits{}, now_));
}

TEST_F(RatesTest, ALimitIsNotUsedUpTwiceAroundTheTurnOfAnHour) {
    const RateLimits limits = messages_in(60, 0);
    now_ += minutes(59);
    for (int i = 0; i < 60; ++i) EXPECT_TRUE(send("a", limits));
    now_ += minutes(2);  // one minute of the next hour has passed: one message of before counts no more
    EXPECT_TRUE(send("a", limits));
    EXPECT_FALSE(send("a", limits));
    now_ += minutes(29);  // half of them
    int sent = 0;
    while (send("a", limits)) ++sent;
    EXPECT_EQ(sent, 29);
    now_ += hours(2);
    EXPECT_EQ(used("a", Period::hour, Measure::messages), 0u);
}

TEST_F(RatesTest, WhoWaitsAsLongAsHeIsToldGetsThrough) {
    for (const RateLimits& limits : {messages_in(7, 0), messages_in(0, 7), messages_in(5, 9)}) {
        now_ += hours(24 * 3) + minutes(17);
        for (int round = 0; round < 40; ++round) {
            const std::optional<Excess> excess = rates_.excess("a", message(1), limits, now_);
            if (excess) {
                ASSERT_TRUE(excess->wait);
                EXPECT_GT(*excess->wait, milliseconds(0));
                EXPECT_LE(*excess->wait, hours(48));
                EXPECT_TRUE(rates_.excess("a", message(1), limits, now_ + *excess->wait * 9 / 10));
                now_ += *excess->wait;
            }
            ASSERT_TRUE(send("a", limits)) << round;
        }
    }
}

TEST_F(RatesTest, RecipientsCountAndTooManyOfOneMessageNeverFit) {
    const RateLimits limits = recipients_in(100, 150);
    EXPECT_TRUE(send("a", limits, 60));
    const std::optional<Excess> excess = rates_.excess("a", message(60), limits, now_);
    ASSERT_TRUE(excess);
    EXPECT_EQ(excess->measure, Measure::recipients);
    EXPECT_EQ(excess->period, Period::hour);
    EXPECT_EQ(excess->limit, 100u);
    EXPECT_TRUE(send("a", limits, 40));
    now_ += hours(2);
    EXPECT_EQ(rates_.excess("a", message(60), limits, now_)->period, Period::day);
    const std::optional<Excess> never = rates_.excess("a", message(101), limits, now_);
    ASSERT_TRUE(never);
    EXPECT_FALSE(never->wait);
}

TEST_F(RatesTest, AClockThatIsSetBackNeitherForgetsNorLocksOut) {
    const RateLimits limits = messages_in(3, 0);
    now_ += hours(5) + minutes(1);
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(send("a", limits));
    now_ -= minutes(2);
    EXPECT_FALSE(send("a", limits));
    now_ -= hours(24 * 365);  // the time before was wrong
    EXPECT_TRUE(send("a", limits));
}

TEST_F(RatesTest, WhoSentLeastMakesRoom) {
    rates_.add("heavy", message(50), now_);
    for (int i = 0; i < 1000; ++i) {
        now_ += minutes(1);
        rates_.add("flood" + std::to_string(i), message(1), now_);
    }
    EXPECT_EQ(rates_.size(), 10u);
    EXPECT_EQ(used("heavy", Period::day, Measure::recipients), 50u);
    EXPECT_EQ(used("flood999", Period::day, Measure::recipients), 1u);
    rates_.set(1);
    EXPECT_EQ(rates_.size(), 1u);
    EXPECT_EQ(used("heavy", Period::day, Measure::recipients), 50u);
}

TEST_F(RatesTest, WhatCountsNoMoreGoesFirst) {
    for (int i = 0; i < 10; ++i) rates_.add("old" + std::to_string(i), message(1000), now_);
    now_ += hours(48);
    rates_.add("new", message(1), now_);
    rates_.add("newer", message(1), now_);
    EXPECT_EQ(rates_.size(), 2u);
    EXPECT_EQ(rates_.entries(now_).size(), 2u);
}

TEST_F(RatesTest, ASnapshotGoesOnWhereItEnded) {
    const RateLimits limits = messages_in(5, 8);
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(send("a", limits));
    const std::vector<Rates::Entry> entries = rates_.entries(now_);
    Rates other(10);
    now_ += minutes(1);
    other.restore(entries, now_);
    EXPECT_EQ(other.entries(now_), entries);
    EXPECT_TRUE(other.excess("a", message(1), limits, now_));
    EXPECT_TRUE(other.reset("a"));
    EXPECT_FALSE(other.reset("a"));
    EXPECT_FALSE(other.excess("a", message(1), limits, now_));
}

TEST_F(RatesTest, IsToldOnceAnHourOfWhoIsKnown) {
    EXPECT_FALSE(rates_.first_in_hour("a", now_));
    rates_.add("a", message(1), now_);
    EXPECT_TRUE(rates_.first_in_hour("a", now_));
    EXPECT_FALSE(rates_.first_in_hour("a", now_));
    EXPECT_TRUE(rates_.first_in_hour("a", now_ + hours(1)));
}

TEST_F(RatesTest, CountsEndSomewhere) {
    for (int i = 0; i < 3; ++i) rates_.add("a", message(Rates::most), now_);
    EXPECT_EQ(used("a", Period::day, Measure::recipients), Rates::most);
}

}  // namespace
}  // namespace posthouse::guard
