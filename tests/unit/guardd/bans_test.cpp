// Tests of the bans themselves, on a clock that the tests turn.
#include "guardd/bans.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace posthouse::guard {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

net::Address at(const char* ip) { return *net::Address::from_ip(ip, 0); }

class BansTest : public testing::Test {
  protected:
    BanSubject subject(std::string_view network, std::string_view account = {}) {
        return *ban_subject(network, account);
    }
    Ban by_hand(std::string_view network, std::string_view account = {}, std::optional<WallTime> until = {}) {
        return {subject(network, account), now_, until, true, "by hand"};
    }
    bool banned(const char* ip, const std::string& account = {}) { return bans_.find(at(ip), account) != nullptr; }
    std::chrono::milliseconds ban(std::string_view network) {
        const std::optional<Ban> made = bans_.ban_for_failures(subject(network), "failures");
        return made ? *made->until - made->since : std::chrono::milliseconds(-1);
    }

    WallTime now_ = hours(24 * 365 * 50);
    BanRules rules_;
    Bans bans_{rules_, [this] { return now_; }};
};

TEST_F(BansTest, ANetworkIsBannedWithAllItsAddresses) {
    ASSERT_TRUE(bans_.add(by_hand("192.0.2.77/24")));
    ASSERT_TRUE(bans_.add(by_hand("2001:db8:1::/48")));
    EXPECT_TRUE(banned("192.0.2.1"));
    EXPECT_TRUE(banned("192.0.2.255", "a@example.org"));
    EXPECT_FALSE(banned("192.0.3.1"));
    EXPECT_TRUE(banned("2001:db8:1:ffff::1"));
    EXPECT_FALSE(banned("2001:db8:2::1"));
    EXPECT_TRUE(banned("::ffff:192.0.2.1")) << "an IPv4 address in IPv6 is one of IPv4";
    EXPECT_EQ(bans_.lift(subject("192.0.2.0/24")), 1u);
    EXPECT_FALSE(banned("192.0.2.1"));
}

TEST_F(BansTest, EverybodyCanBeBanned) {
    ASSERT_TRUE(bans_.add(by_hand("0.0.0.0/0")));
    EXPECT_TRUE(banned("203.0.113.9"));
    EXPECT_FALSE(banned("2001:db8::1"));
}

TEST_F(BansTest, AnAccountIsBannedFromOneNetworkOrFromEverywhere) {
    ASSERT_TRUE(bans_.add(by_hand("192.0.2.1", "A@Example.org")));
    EXPECT_TRUE(banned("192.0.2.1", "a@example.org"));
    EXPECT_FALSE(banned("192.0.2.1", "b@example.org"));
    EXPECT_FALSE(banned("192.0.2.1"));
    EXPECT_FALSE(banned("192.0.2.2", "a@example.org"));
    ASSERT_TRUE(bans_.add(by_hand({}, "b@example.org")));
    EXPECT_TRUE(banned("198.51.100.1", "b@example.org"));
    EXPECT_NE(bans_.find(net::Address(), "b@example.org"), nullptr) << "also from who knows where";
}

TEST_F(BansTest, ATemporaryBanEndsByItself) {
    ASSERT_TRUE(bans_.add(by_hand("192.0.2.1", {}, now_ + minutes(1))));
    EXPECT_TRUE(banned("192.0.2.1"));
    now_ += minutes(1);
    EXPECT_FALSE(banned("192.0.2.1"));
    EXPECT_TRUE(bans_.list({}, 10).empty());
    EXPECT_EQ(bans_.lift(subject("192.0.2.1")), 0u);
    ASSERT_TRUE(bans_.add(by_hand("192.0.2.9")));
    now_ += hours(24 * 365);
    EXPECT_TRUE(banned("192.0.2.9")) << "one without an end doesn't";
}

TEST_F(BansTest, EachBanForFailuresTakesTwiceAsLongAsTheOneBefore) {
    EXPECT_EQ(ban("192.0.2.1"), minutes(10));
    EXPECT_FALSE(bans_.ban_for_failures(subject("192.0.2.1"), "failures")) << "it is banned already";
    now_ += minutes(10);
    EXPECT_EQ(ban("192.0.2.1"), minutes(20));
    now_ += minutes(20);
    EXPECT_EQ(ban("192.0.2.1"), minutes(40));
    EXPECT_EQ(ban("192.0.2.2"), minutes(10)) << "another one's is its first";
    now_ += hours(24 * 7);
    EXPECT_EQ(ban("192.0.2.1"), minutes(10)) << "a week later it is forgotten";
    for (int i = 0; i < 100; ++i) {
        now_ += hours(24);
        EXPECT_LE(ban("192.0.2.3"), hours(24));
    }
}

TEST_F(BansTest, ALiftedBanIsForgottenAltogether) {
    EXPECT_EQ(ban("192.0.2.1"), minutes(10));
    EXPECT_EQ(bans_.lift(subject("192.0.2.1")), 1u);
    EXPECT_FALSE(banned("192.0.2.1"));
    EXPECT_EQ(ban("192.0.2.1"), minutes(10));
}

TEST_F(BansTest, LiftingANetworkLiftsThoseOfItsAccountsAndLiftingAnAccountThoseOfItsNetworks) {
    for (const char* network : {"192.0.2.1", "192.0.2.10", "198.51.100.1"})
        for (const char* account : {"", "a@example.org", "b@example.org"})
            ASSERT_TRUE(bans_.add(by_hand(network, account)));
    EXPECT_EQ(bans_.lift(subject("192.0.2.1")), 3u);
    EXPECT_EQ(bans_.lift(subject({}, "a@example.org")), 2u);
    EXPECT_EQ(bans_.lift(subject("192.0.2.10", "b@example.org")), 1u);
    EXPECT_EQ(bans_.size(), 3u);
    EXPECT_TRUE(banned("192.0.2.10"));
}

TEST_F(BansTest, OneByHandIsNotReplacedByOneForFailures) {
    ASSERT_TRUE(bans_.add(by_hand("192.0.2.1")));
    EXPECT_FALSE(bans_.ban_for_failures(subject("192.0.2.1"), "failures"));
    EXPECT_TRUE(bans_.find(at("192.0.2.1"), {})->by_hand);
    EXPECT_EQ(ban("198.51.100.1"), minutes(10));
    ASSERT_TRUE(bans_.add(by_hand("198.51.100.1")));
    EXPECT_TRUE(bans_.find(at("198.51.100.1"), {})->by_hand);
    EXPECT_EQ(bans_.size(), 2u);
}

TEST_F(BansTest, WhoIsBannedByHandAndForFailuresIsBannedByHand) {
    EXPECT_EQ(ban("192.0.2.1"), minutes(10));
    ASSERT_TRUE(bans_.add(by_hand("192.0.2.0/24")));
    EXPECT_TRUE(bans_.find(at("192.0.2.1"), {})->by_hand);
}

TEST_F(BansTest, AFloodOfAttackersStaysInBoundsAndLeavesThoseByHandAlone) {
    rules_.entries = 100;
    bans_.set(rules_);
    ASSERT_TRUE(bans_.add(by_hand("203.0.113.0/24")));
    for (int i = 0; i < 5000; ++i) {
        now_ += std::chrono::milliseconds(1);
        (void)ban("10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250));
    }
    EXPECT_EQ(bans_.size(), 101u);
    EXPECT_TRUE(banned("203.0.113.1"));
    EXPECT_TRUE(banned("10.0.19.249")) << "the last one";
    EXPECT_FALSE(banned("10.0.0.0")) << "the one that ended first";
    for (std::size_t i = 1; i < Bans::max_by_hand; ++i)
        ASSERT_TRUE(bans_.add(by_hand("172.16." + std::to_string(i / 250) + "." + std::to_string(i % 250))));
    EXPECT_EQ(bans_.add(by_hand("192.0.2.1")).error().code, ErrorCode::limit);
    EXPECT_TRUE(bans_.add(by_hand("203.0.113.0/24"))) << "one that is there may be changed";
    EXPECT_EQ(ban("192.0.2.1"), minutes(10));
}

TEST_F(BansTest, AreListedInPages) {
    for (int i = 0; i < 25; ++i) ASSERT_TRUE(bans_.add(by_hand("192.0.2." + std::to_string(i))));
    std::vector<Ban> all;
    BanSubject after;
    for (;;) {
        const std::vector<Ban> page = bans_.list(after, 10);
        if (page.empty()) break;
        EXPECT_LE(page.size(), 10u);
        after = page.back().subject;
        all.insert(all.end(), page.begin(), page.end());
    }
    EXPECT_EQ(all.size(), 25u);
}

TEST(Ban, ComesBackFromItsJson) {
    Ban ban{*ban_subject("192.0.2.0/24", "A@example.org"), WallTime(5), WallTime(7), false, "20 failed log-ins"};
    Result<Ban> read = ban_from(to_json(ban));
    ASSERT_TRUE(read) << read.error().message();
    EXPECT_EQ(read->subject, ban.subject);
    EXPECT_EQ(read->subject.account, "a@example.org");
    EXPECT_EQ(read->until, WallTime(7));
    EXPECT_EQ(read->reason, ban.reason);
    ban.by_hand = true;
    ban.until.reset();
    read = ban_from(to_json(ban));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->until, std::nullopt);
}

TEST(Ban, WhatMakesNoSenseIsRefused) {
    EXPECT_FALSE(ban_subject("", ""));
    EXPECT_FALSE(ban_subject("192.0.2", ""));
    EXPECT_FALSE(ban_subject("192.0.2.1/33", ""));
    EXPECT_FALSE(ban_subject(std::string_view("192.0.2.1\0x", 11), ""));
    EXPECT_FALSE(ban_subject("", std::string(321, 'x')));
    EXPECT_FALSE(ban_subject("", "\xff@example.org"));
    EXPECT_FALSE(ban_subject("", "a\n@example.org"));
    const auto with = [](const char* name, const nlohmann::json& value) {
        nlohmann::json document =
            to_json(Ban{*ban_subject("192.0.2.1", {}), WallTime(5), WallTime(7), false, "reason"});
        document[name] = value;
        return ban_from(document).has_value();
    };
    EXPECT_TRUE(with("until", 8));
    EXPECT_FALSE(with("until", nullptr)) << "for failures, without an end";
    EXPECT_FALSE(with("until", -1));
    EXPECT_FALSE(with("until", 9'000'000'000'000'000'000));
    EXPECT_FALSE(with("since", "now"));
    EXPECT_FALSE(with("network", 1));
    EXPECT_FALSE(with("network", "everywhere"));
    EXPECT_FALSE(with("by_hand", 1));
    EXPECT_FALSE(with("reason", std::string(201, 'x')));
    EXPECT_FALSE(ban_from(nlohmann::json::array()));
}

}  // namespace
}  // namespace posthouse::guard
