// When a message is tried again, when it is given up, and who has to know.
#include "queued/core/aftermath.h"

#include <gtest/gtest.h>

namespace posthouse::queued {
namespace {

using namespace std::chrono_literals;
using spool::EventKind;

constexpr std::int64_t arrived = 1'790'000'000;
constexpr std::int64_t day = 86'400;

class AftermathTest : public testing::Test {
  protected:
    void SetUp() override {
        envelope.id = "0123456789ABCDEF";
        envelope.arrived = arrived;
        envelope.sender = smtp::parse_mailbox("anna@example.org").value();
        add("bob@example.net");
        rules.backoff.jitter = 0;
    }
    void add(std::string_view address) {
        envelope.recipients.push_back({.address = smtp::parse_mailbox(address).value()});
        states.emplace_back();
    }
    void deferred(std::size_t number, std::uint32_t times, std::int64_t last_try, std::string status = "4.4.1") {
        states[number].deferrals = times;
        states[number].first_try = arrived;
        states[number].last_try = last_try;
        states[number].status = std::move(status);
    }
    std::optional<std::int64_t> due(std::int64_t now, std::int64_t put_off = 0) {
        return due_again(envelope, states, rules, put_off, now, random);
    }
    spool::Envelope envelope;
    std::vector<spool::RecipientState> states;
    LifetimeRules rules;
    schedule::Random random{1};
};

TEST_F(AftermathTest, PausesDoubleFromAMinuteToAnHour) {
    deferred(0, 1, arrived);
    EXPECT_EQ(due(arrived), arrived + 60);
    deferred(0, 4, arrived + 500);
    EXPECT_EQ(due(arrived + 500), arrived + 500 + 480);
    deferred(0, 30, arrived + day);
    EXPECT_EQ(due(arrived + day), arrived + day + 3600);
}

TEST_F(AftermathTest, TheLastAttemptIsWhenTheLifetimeEndsAndThenItIsGivenUpWithTheLastProblem) {
    deferred(0, 30, arrived + 5 * day - 600);
    EXPECT_EQ(due(arrived + 5 * day - 600), arrived + 5 * day);
    EXPECT_TRUE(expired(envelope, states, rules, arrived + 5 * day - 600).empty());
    deferred(0, 31, arrived + 5 * day);
    const auto events = expired(envelope, states, rules, arrived + 5 * day);
    ASSERT_EQ(events.size(), 1u);
    EXPECT_EQ(events[0].kind, EventKind::bounced);
    EXPECT_EQ(events[0].status, "4.4.1");
}

TEST_F(AftermathTest, WhoNeverHadATurnIsGivenUpALittleLaterWithDeliveryTimeExpired) {
    EXPECT_TRUE(expired(envelope, states, rules, arrived + 5 * day).empty());
    const auto events = expired(envelope, states, rules, arrived + 5 * day + 3600);
    ASSERT_EQ(events.size(), 1u);
    EXPECT_EQ(events[0].status, "4.4.7");
}

TEST_F(AftermathTest, NobodyDueMeansNoTime) {
    states[0].fate = EventKind::delivered;
    EXPECT_EQ(due(arrived), std::nullopt);
}

TEST_F(AftermathTest, WhoWasPutOffComesWhenTheSchedulerSaid) {
    EXPECT_EQ(due(arrived + 10, arrived + 77), arrived + 77);
    add("carl@example.com");
    deferred(1, 1, arrived + 10);
    EXPECT_EQ(due(arrived + 10, arrived + 77), arrived + 70) << "the earliest of all";
    EXPECT_EQ(due(arrived + 500, arrived + 77), arrived + 501) << "never in the past, or it would be tried in a circle";
}

TEST_F(AftermathTest, ABounceHasALifetimeOfItsOwn) {
    rules.bounce_lifetime = 24h;
    envelope.sender = std::nullopt;
    deferred(0, 20, arrived + day);
    EXPECT_EQ(expired(envelope, states, rules, arrived + day).size(), 1u);
}

TEST_F(AftermathTest, DeliverByWithReturnEndsItsLifeEarlier) {
    envelope.deliver_by = {arrived + 600, spool::DeliverBy::Mode::return_message, false};
    deferred(0, 2, arrived + 400);
    EXPECT_EQ(due(arrived + 400), arrived + 520);
    deferred(0, 3, arrived + 520);
    EXPECT_EQ(due(arrived + 520), arrived + 600);
    deferred(0, 4, arrived + 600);
    EXPECT_EQ(expired(envelope, states, rules, arrived + 600).size(), 1u);
}

TEST_F(AftermathTest, TimeSpentHeldBackIsNoPartOfItsLife) {
    envelope.hold_until = arrived + 30 * day;
    deferred(0, 20, arrived + 31 * day);
    EXPECT_TRUE(expired(envelope, states, rules, arrived + 31 * day).empty());
}

TEST_F(AftermathTest, ADelayIsToldOnceAfterFourHours) {
    deferred(0, 9, arrived + 4 * 3600);
    EXPECT_TRUE(warning_due(envelope, states, rules, arrived + 4 * 3600 - 1).empty());
    EXPECT_EQ(warning_due(envelope, states, rules, arrived + 4 * 3600), (std::vector<std::uint32_t>{0}));
    states[0].warned = true;
    EXPECT_TRUE(warning_due(envelope, states, rules, arrived + 5 * 3600).empty());
}

TEST_F(AftermathTest, ADelayIsNotToldToWhoDoesNotWantToKnowOrIsNobody) {
    deferred(0, 9, arrived + 5 * 3600);
    envelope.recipients[0].notify = smtp::DsnNotify{.success = false, .failure = true, .delay = false};
    EXPECT_TRUE(warning_due(envelope, states, rules, arrived + 5 * 3600).empty());
    envelope.recipients[0].notify.reset();
    envelope.sender = std::nullopt;
    EXPECT_TRUE(warning_due(envelope, states, rules, arrived + 5 * 3600).empty());
}

TEST_F(AftermathTest, WhoIsPostponedIsToldWhyOnce) {
    add("carl@example.net");
    add("dora@example.net");
    deferred(1, 5, arrived);
    states[2].fate = EventKind::relayed;
    const Group group{.route = {}, .destination = "smtp:example.net", .recipients = {0, 1, 2}};
    schedule::Trouble trouble{
        .since = schedule::TimePoint(std::chrono::seconds(arrived)), .status = "4.4.1", .reason = "Connection refused"};
    const spool::Event event = postponed(group, trouble, arrived + 60);
    EXPECT_EQ(event.reply, "smtp:example.net not reachable since 2026-09-21 14:13:20 UTC: Connection refused");
    const auto first = news({event}, states);
    ASSERT_EQ(first.size(), 1u);
    EXPECT_EQ(first[0].recipients, (std::vector<std::uint32_t>{0})) << "others have a reason or a fate of their own";
    apply_event(first[0], states);
    EXPECT_TRUE(news({event}, states).empty());
    trouble.since += 1h;
    EXPECT_EQ(news({postponed(group, trouble, arrived + 9000)}, states).size(), 1u);
    const auto room = news({postponed(group, std::nullopt, arrived + 9060)}, states);
    ASSERT_EQ(room.size(), 1u);
    EXPECT_EQ(room[0].reply, "waits for its turn");
    EXPECT_EQ(room[0].status, "4.4.5");
    EXPECT_EQ(due(arrived + 60, arrived + 90), arrived + 90) << "it is no attempt";
    EXPECT_EQ(warning_due(envelope, states, rules, arrived + 4 * 3600), (std::vector<std::uint32_t>{0, 1}));
    const auto ended = expired(envelope, states, rules, arrived + 5 * day + 3600);
    ASSERT_EQ(ended.size(), 1u);
    EXPECT_EQ(ended[0].reply, event.reply);
}

TEST_F(AftermathTest, DeliverByWithNotifyTellsOfTheDelayWhenItsTimeIsOver) {
    envelope.deliver_by = {arrived + 600, spool::DeliverBy::Mode::notify, false};
    deferred(0, 3, arrived + 600);
    EXPECT_TRUE(warning_due(envelope, states, rules, arrived + 599).empty());
    EXPECT_EQ(warning_due(envelope, states, rules, arrived + 600).size(), 1u);
}

TEST_F(AftermathTest, NoticesAreOwedForFailuresAndForSuccessesThatWereAskedFor) {
    add("carl@example.net");
    add("dora@example.net");
    add("emil@example.net");
    states[0].fate = EventKind::bounced;
    states[1].fate = EventKind::delivered;
    states[2].fate = EventKind::delivered;
    envelope.recipients[2].notify = smtp::DsnNotify{.success = true, .failure = false, .delay = false};
    states[3].fate = EventKind::bounced;
    envelope.recipients[3].notify = smtp::DsnNotify{};
    EXPECT_EQ(notices_owed(envelope, states), (std::vector<std::uint32_t>{0, 2}));
}

}  // namespace
}  // namespace posthouse::queued
