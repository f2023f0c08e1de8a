// Which delivery begins next, in single steps.
#include "queued/schedule/scheduler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <map>

namespace posthouse::schedule {
namespace {

using namespace std::chrono_literals;
const TimePoint kNow{Duration(1'790'000'000'000)};

MessageId id(std::uint64_t number) {
    std::array<char, 17> text{};
    std::snprintf(text.data(), text.size(), "%016llu", static_cast<unsigned long long>(number));
    return *message_id({text.data(), 16});
}

Job job(std::uint64_t number, std::string sender, std::string destination, int priority = 0, std::uint32_t cost = 1) {
    return {.id = id(number),
            .destination = std::move(destination),
            .sender = std::move(sender),
            .priority = priority,
            .cost = cost};
}

Scheduler::LimitsOf limited(std::uint32_t concurrency, std::uint32_t per_minute = 0) {
    return [=](std::string_view) { return DestinationLimits{concurrency, per_minute}; };
}

/// The senders of the jobs that begin one after the other, each finished before the next.
std::string order(Scheduler& scheduler, const std::map<MessageId, std::string>& senders) {
    std::string out;
    while (const auto start = scheduler.next(kNow)) {
        out += senders.at(start->id);
        scheduler.finished(start->ticket, Outcome::served, kNow);
    }
    return out;
}

TEST(Scheduler, SendersTakeTurns) {
    Scheduler scheduler({}, limited(1), 1);
    std::map<MessageId, std::string> senders;
    std::uint64_t number = 0;
    for (const std::string sender : {"a", "a", "a", "a", "b", "b", "c"}) {
        senders[id(number)] = sender;
        ASSERT_FALSE(scheduler.admit(job(number++, sender, "x.example"), kNow));
    }
    std::string begun = order(scheduler, senders);
    EXPECT_EQ(begun.substr(0, 3), "abc");
    std::sort(begun.begin() + 3, begun.begin() + 5);
    EXPECT_EQ(begun, "abcabaa");
    EXPECT_EQ(scheduler.jobs(), 0u);
}

TEST(Scheduler, WhoSendsLargeOnesSendsFewer) {
    Scheduler scheduler({}, limited(1), 1);
    std::map<MessageId, std::string> senders;
    for (std::uint64_t i = 0; i < 40; ++i) {
        senders[id(i)] = i % 2 == 0 ? "L" : "s";
        ASSERT_FALSE(scheduler.admit(job(i, senders[id(i)], "x.example", 0, i % 2 == 0 ? 4 : 1), kNow));
    }
    const std::string begun = order(scheduler, senders).substr(0, 20);
    EXPECT_NEAR(static_cast<double>(std::count(begun.begin(), begun.end(), 'L')), 4, 1);
}

TEST(Scheduler, WhoSendsOneAtATimeGetsNoMoreThanHisTurn) {
    Scheduler scheduler({.running = 1}, limited(1), 1);
    for (std::uint64_t i = 0; i < 100; ++i) ASSERT_FALSE(scheduler.admit(job(i, "many", "x.example"), kNow));
    int one = 0;
    int many = 0;
    std::uint64_t number = 1000;
    ASSERT_FALSE(scheduler.admit(job(number++, "one", "y.example"), kNow));
    for (int i = 0; i < 60; ++i) {
        const auto start = scheduler.next(kNow);
        ASSERT_TRUE(start);
        const bool is_one = start->destination == "y.example";
        (is_one ? one : many) += 1;
        scheduler.finished(start->ticket, Outcome::served, kNow);
        if (is_one) ASSERT_FALSE(scheduler.admit(job(number++, "one", "y.example"), kNow));
    }
    EXPECT_NEAR(one, 30, 2);
    EXPECT_NEAR(many, 30, 2);
}

TEST(Scheduler, PrioritiesShareSixteenToFourToOne) {
    Scheduler scheduler({.running = 1}, limited(1), 1);
    std::map<MessageId, std::string> names;
    std::uint64_t number = 0;
    for (int i = 0; i < 100; ++i) {
        for (const auto& [priority, name] : {std::pair(-5, "l"), std::pair(0, "n"), std::pair(5, "h")}) {
            names[id(number)] = name;
            ASSERT_FALSE(scheduler.admit(job(number++, "a", name + std::string(".example"), priority), kNow));
        }
    }
    const std::string begun = order(scheduler, names).substr(0, 42);
    EXPECT_EQ(std::count(begun.begin(), begun.end(), 'h'), 32);
    EXPECT_EQ(std::count(begun.begin(), begun.end(), 'n'), 8);
    EXPECT_EQ(std::count(begun.begin(), begun.end(), 'l'), 2);
}

TEST(Scheduler, ADestinationHasNoMoreDeliveriesThanItsWindow) {
    Scheduler scheduler({}, limited(3), 1);
    for (std::uint64_t i = 0; i < 10; ++i) ASSERT_FALSE(scheduler.admit(job(i, "a", "x.example"), kNow));
    std::vector<Ticket> running;
    while (const auto start = scheduler.next(kNow)) running.push_back(start->ticket);
    EXPECT_EQ(running.size(), 3u);
    scheduler.finished(running[0], Outcome::served, kNow);
    EXPECT_TRUE(scheduler.next(kNow));
    EXPECT_FALSE(scheduler.next(kNow));
}

TEST(Scheduler, ARateIsKeptAndTheWakeUpTold) {
    Scheduler scheduler({}, limited(20, 60), 1);
    for (std::uint64_t i = 0; i < 3; ++i) ASSERT_FALSE(scheduler.admit(job(i, "a", "x.example"), kNow));
    ASSERT_TRUE(scheduler.next(kNow));
    EXPECT_FALSE(scheduler.next(kNow));
    EXPECT_EQ(scheduler.wake_at(), kNow + 1s);
    EXPECT_FALSE(scheduler.next(kNow + 999ms));
    EXPECT_TRUE(scheduler.next(kNow + 1s));
    EXPECT_FALSE(scheduler.next(kNow + 1s));
    EXPECT_TRUE(scheduler.next(kNow + 2s));
}

TEST(Scheduler, ADeadDestinationGivesBackItsJobsAndTakesNone) {
    Scheduler scheduler({}, limited(20), 1);
    for (std::uint64_t i = 0; i < 100; ++i) ASSERT_FALSE(scheduler.admit(job(i, "a", "x.example"), kNow));
    std::vector<Start> running;
    while (const auto start = scheduler.next(kNow)) running.push_back(*start);
    EXPECT_EQ(running.size(), 5u);
    for (const Start& start : running) scheduler.finished(start.ticket, Outcome::unreachable, kNow);
    EXPECT_FALSE(scheduler.next(kNow));
    EXPECT_EQ(scheduler.window("x.example", kNow), 0u);
    const auto put_off = scheduler.take_put_off();
    EXPECT_EQ(put_off.size(), 95u);
    EXPECT_EQ(scheduler.jobs(), 0u);
    for (const PutOff& one : put_off) {
        EXPECT_EQ(one.destination, "x.example");
        EXPECT_GT(one.until, kNow + 40s);
    }
    Job late = job(1000, "b", "x.example");
    EXPECT_GT(scheduler.admit(late, kNow + 1s), kNow + 40s);
    late.expiry = kNow + 10s;
    EXPECT_EQ(scheduler.admit(late, kNow + 1s), kNow + 10s) << "to be given up in time";
}

TEST(Scheduler, OfADeadDestinationItIsKnownSinceWhenAndWhy) {
    Scheduler scheduler({}, limited(20), 1);
    for (std::uint64_t i = 0; i < 5; ++i) ASSERT_FALSE(scheduler.admit(job(i, "a", "x.example"), kNow));
    EXPECT_FALSE(scheduler.trouble("x.example"));
    TimePoint time = kNow;
    while (const auto start = scheduler.next(kNow)) {
        EXPECT_FALSE(scheduler.trouble("x.example")) << "not dead yet";
        scheduler.finished(start->ticket, Outcome::unreachable, time, "4.4.1", std::string(299, '.') + "ü");
        time += 1s;
    }
    ASSERT_TRUE(scheduler.trouble("x.example"));
    EXPECT_EQ(scheduler.trouble("x.example")->since, kNow);
    EXPECT_EQ(scheduler.trouble("x.example")->status, "4.4.1");
    EXPECT_EQ(scheduler.trouble("x.example")->reason, std::string(299, '.')) << "a character is whole or not there";
    EXPECT_FALSE(scheduler.trouble("y.example"));

    const TimePoint later = kNow + 2min;
    ASSERT_FALSE(scheduler.admit(job(6, "a", "x.example"), later));
    scheduler.finished(scheduler.next(later)->ticket, Outcome::unreachable, later, "4.4.2", "timed out");
    EXPECT_EQ(scheduler.trouble("x.example")->since, kNow) << "still";
    EXPECT_EQ(scheduler.trouble("x.example")->reason, "timed out");

    ASSERT_FALSE(scheduler.admit(job(7, "a", "x.example"), later + 10min));
    scheduler.finished(scheduler.next(later + 10min)->ticket, Outcome::served, later + 10min);
    EXPECT_FALSE(scheduler.trouble("x.example"));
}

TEST(Scheduler, AProbeIsOneDelivery) {
    Scheduler scheduler({}, limited(20), 1);
    for (std::uint64_t i = 0; i < 5; ++i) ASSERT_FALSE(scheduler.admit(job(i, "a", "x.example"), kNow));
    while (const auto start = scheduler.next(kNow)) scheduler.finished(start->ticket, Outcome::unreachable, kNow);
    const TimePoint later = kNow + 2min;
    for (std::uint64_t i = 10; i < 20; ++i) ASSERT_FALSE(scheduler.admit(job(i, "a", "x.example"), later));
    const auto probe = scheduler.next(later);
    ASSERT_TRUE(probe);
    EXPECT_FALSE(scheduler.next(later));
    scheduler.finished(probe->ticket, Outcome::served, later);
    int begun = 0;
    while (scheduler.next(later)) ++begun;
    EXPECT_EQ(begun, 5);
}

TEST(Scheduler, AnOldTicketEndsNothing) {
    Scheduler scheduler({}, limited(1), 1);
    ASSERT_FALSE(scheduler.admit(job(1, "a", "x.example"), kNow));
    const auto start = scheduler.next(kNow);
    ASSERT_TRUE(start);
    scheduler.finished(start->ticket, Outcome::served, kNow);
    ASSERT_FALSE(scheduler.admit(job(2, "a", "x.example"), kNow));
    ASSERT_TRUE(scheduler.next(kNow));
    scheduler.finished(start->ticket, Outcome::served, kNow);
    scheduler.finished({.slot = 77}, Outcome::served, kNow);
    EXPECT_EQ(scheduler.running(), 1u);
}

TEST(Scheduler, NobodyFillsTheMemory) {
    Scheduler scheduler({.jobs = 1000}, limited(20), 1);
    std::size_t taken = 0;
    for (std::uint64_t i = 0; i < 5000; ++i) taken += !scheduler.admit(job(i, "bulk", "x.example"), kNow);
    EXPECT_EQ(taken, 500u);
    EXPECT_FALSE(scheduler.admit(job(9000, "other", "x.example"), kNow));
    EXPECT_FALSE(scheduler.admit(job(9001, "bulk", "y.example"), kNow));
    for (std::uint64_t i = 0; i < 5000; ++i) {
        (void)scheduler.admit(job(10'000 + i, "s" + std::to_string(i), "d" + std::to_string(i % 7)), kNow);
    }
    EXPECT_LE(scheduler.jobs(), 1000u);
}

TEST(Scheduler, WhatItRemembersIsBounded) {
    Scheduler scheduler({.remembered = 100}, limited(20), 1);
    for (std::uint64_t i = 0; i < 10'000; ++i) {
        ASSERT_FALSE(scheduler.admit(job(i, "s" + std::to_string(i), "d" + std::to_string(i)), kNow));
        const auto start = scheduler.next(kNow);
        ASSERT_TRUE(start);
        scheduler.finished(start->ticket, Outcome::unreachable, kNow);
    }
    EXPECT_LE(scheduler.destinations(), 100u);
    EXPECT_LE(scheduler.senders(), 100u);
}

TEST(Scheduler, MoreThanTheLimitAreSlowOnesAndAQuarterAtMost) {
    Scheduler scheduler(
        {.running = 40}, [](std::string_view name) { return DestinationLimits{.local = name == "local"}; }, 1);
    std::uint64_t number = 0;
    TimePoint now = kNow;
    for (int i = 0; i < 600; ++i) (void)scheduler.admit(job(number++, "a", "d" + std::to_string(i)), now);
    while (const auto start = scheduler.next(now)) scheduler.finished(start->ticket, Outcome::served, now);
    // All of them were prompt, and hang now.
    for (int i = 0; i < 600; ++i) {
        (void)scheduler.admit(job(number++, "a", "d" + std::to_string(i)), now);
        while (scheduler.next(now)) ASSERT_LE(scheduler.running(), 45u) << "50, and five are kept for mailboxes here";
        if (i % 30 == 29) now += 11s;
    }
    while (scheduler.next(now)) continue;
    EXPECT_EQ(scheduler.running(), 45u);
    for (int i = 0; i < 20; ++i) (void)scheduler.admit(job(number++, "b", "local"), now);
    std::size_t local = 0;
    while (const auto start = scheduler.next(now)) local += start->destination == "local";
    EXPECT_GE(local, 3u) << "a destination has half of what is free";
    EXPECT_LE(scheduler.running(), 50u);
}

TEST(Scheduler, WithRoomForOneDeliveryItMakesOne) {
    Scheduler scheduler({.running = 1}, limited(20), 1);
    for (std::uint64_t i = 0; i < 3; ++i) ASSERT_FALSE(scheduler.admit(job(i, "a", "x.example"), kNow));
    for (int i = 0; i < 3; ++i) {
        const auto start = scheduler.next(kNow);
        ASSERT_TRUE(start);
        EXPECT_FALSE(scheduler.next(kNow));
        scheduler.finished(start->ticket, Outcome::cancelled, kNow);
    }
    EXPECT_EQ(scheduler.jobs(), 0u);
}

}  // namespace
}  // namespace posthouse::schedule
