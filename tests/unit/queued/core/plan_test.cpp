// Which recipients go together, and what is known without asking anybody.
#include "queued/core/plan.h"

#include <gtest/gtest.h>

namespace posthouse::queued {
namespace {

using spool::EventKind;

constexpr std::int64_t arrived = 1'790'000'000;

spool::Envelope envelope_to(const std::vector<std::pair<std::string, std::string>>& recipients) {
    spool::Envelope envelope;
    envelope.id = "0123456789ABCDEF";
    envelope.arrived = arrived;
    envelope.sender = smtp::parse_mailbox("anna@example.org").value();
    for (const auto& [address, transport] : recipients)
        envelope.recipients.push_back({.address = smtp::parse_mailbox(address).value(), .transport = transport});
    return envelope;
}

class PlanTest : public testing::Test {
  protected:
    Plan make(const spool::Envelope& envelope, Haste haste = Haste::due, std::int64_t now = arrived) {
        states.resize(envelope.recipients.size());
        return plan(envelope, states, rules, haste, now);
    }
    std::vector<spool::RecipientState> states;
    PlanRules rules;
};

TEST_F(PlanTest, RecipientsOfOneDestinationGoTogetherAndOthersByThemselves) {
    const Plan plan = make(
        envelope_to({{"a@example.net", ""}, {"b@example.com", ""}, {"c@example.net", ""}, {"d@example.org", "local"}}));
    ASSERT_EQ(plan.groups.size(), 3u);
    EXPECT_EQ(plan.groups[0].destination, "smtp:example.net");
    EXPECT_EQ(plan.groups[0].recipients, (std::vector<std::uint32_t>{0, 2}));
    EXPECT_EQ(plan.groups[1].recipients, (std::vector<std::uint32_t>{1}));
    EXPECT_EQ(plan.groups[2].destination, "local");
    EXPECT_TRUE(plan.decided.empty());
}

TEST_F(PlanTest, ADifferentSenderMakesADeliveryOfItsOwn) {
    spool::Envelope envelope = envelope_to({{"a@example.net", ""}, {"b@example.net", ""}, {"c@example.net", ""}});
    envelope.recipients[1].sender = smtp::ReversePath(smtp::parse_mailbox("owner@example.org").value());
    const Plan plan = make(envelope);
    ASSERT_EQ(plan.groups.size(), 2u);
    EXPECT_EQ(plan.groups[0].recipients, (std::vector<std::uint32_t>{0, 2}));
    EXPECT_EQ(plan.groups[1].recipients, (std::vector<std::uint32_t>{1}));
}

TEST_F(PlanTest, MoreThanOneDeliveryTakesAreSpreadOverSeveral) {
    rules.recipients_at_once = 2;
    const Plan plan = make(envelope_to(
        {{"a@x.example", ""}, {"b@x.example", ""}, {"c@x.example", ""}, {"d@x.example", ""}, {"e@x.example", ""}}));
    ASSERT_EQ(plan.groups.size(), 3u);
    EXPECT_EQ(plan.groups[2].recipients, (std::vector<std::uint32_t>{4}));
}

TEST_F(PlanTest, TheRelayhostIsForThoseWithoutANextHop) {
    rules.relayhost = "[smart.example.net]:587";
    const Plan plan = make(envelope_to({{"a@example.net", ""}, {"b@example.com", "smtp:[10.0.0.1]"}}));
    ASSERT_EQ(plan.groups.size(), 2u);
    EXPECT_EQ(plan.groups[0].destination, "smtp:[smart.example.net]:587");
    EXPECT_EQ(plan.groups[1].destination, "smtp:[10.0.0.1]");
}

TEST_F(PlanTest, WhoHasAFateIsLeftAlone) {
    const spool::Envelope envelope = envelope_to({{"a@example.net", ""}, {"b@example.net", ""}});
    states.resize(2);
    states[0].fate = EventKind::relayed;
    const Plan plan = make(envelope);
    ASSERT_EQ(plan.groups.size(), 1u);
    EXPECT_EQ(plan.groups[0].recipients, (std::vector<std::uint32_t>{1}));
}

TEST_F(PlanTest, WhoFailedJustNowRestsUnlessSomebodyAsksForAll) {
    const spool::Envelope envelope = envelope_to({{"a@example.net", ""}, {"b@example.net", ""}});
    states.resize(2);
    states[0].deferrals = 5;  // a pause of 16 minutes, 20 % less at the least
    states[0].last_try = arrived + 1000;
    EXPECT_EQ(make(envelope, Haste::due, arrived + 1700).groups.at(0).recipients, (std::vector<std::uint32_t>{1}));
    EXPECT_EQ(make(envelope, Haste::due, arrived + 1000 + 768).groups.at(0).recipients,
              (std::vector<std::uint32_t>{0, 1}));
    EXPECT_EQ(make(envelope, Haste::all, arrived + 1001).groups.at(0).recipients, (std::vector<std::uint32_t>{0, 1}));
}

TEST_F(PlanTest, RoutesThatLeadNowhereAreDecidedAtOnce) {
    const Plan plan = make(envelope_to({{"a@example.net", "error:5.1.6 Has moved"},
                                        {"b@example.net", "retry:4.3.2 Closed for the holidays"},
                                        {"c@example.net", "discard:unwanted"},
                                        {"d@example.net", "error:no status"},
                                        {"e@example.net", "smtp:[not a host"}}));
    EXPECT_TRUE(plan.groups.empty());
    ASSERT_EQ(plan.decided.size(), 5u);
    EXPECT_EQ(plan.decided[0].kind, EventKind::bounced);
    EXPECT_EQ(plan.decided[0].status, "5.1.6");
    EXPECT_EQ(plan.decided[0].reply, "Has moved");
    EXPECT_EQ(plan.decided[1].kind, EventKind::deferred);
    EXPECT_EQ(plan.decided[1].status, "4.3.2");
    EXPECT_EQ(plan.decided[2].kind, EventKind::delivered);
    EXPECT_EQ(plan.decided[3].status, "5.0.0");
    EXPECT_EQ(plan.decided[3].reply, "no status");
    EXPECT_EQ(plan.decided[4].kind, EventKind::deferred) << "a mistake in the directory can be mended";
    EXPECT_EQ(plan.decided[4].status, "4.3.5");
}

}  // namespace
}  // namespace posthouse::queued
