// Tests of guardd's answers about log-ins: who is banned, and for how long.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/guardd/answers_world.h"

namespace posthouse::guard {
namespace {

class BanAnswersTest : public AnswersTest {
  protected:
    BanAnswersTest() {
        Rules strict = rules();
        strict.allowed_networks = {*net::Network::parse("198.51.100.0/24")};
        answers_.set(strict);
    }
    void fail(int times, std::string_view ip, std::string_view user) {
        for (int i = 0; i < times; ++i) ask(about_login(Question::failure, ip, user));
    }
    std::string penalty(std::string_view ip, std::string_view user) {
        return ask(about_login(Question::penalty, ip, user));
    }
    bool refused(std::string_view ip, std::string_view user) { return penalty(ip, user).starts_with("REFUSE "); }
};

TEST_F(BanAnswersTest, ANetworkThatGuessesIsRefusedForAWhile) {
    for (int i = 0; i < 19; ++i) fail(1, "203.0.113.1", "user" + std::to_string(i) + "@example.org");
    EXPECT_EQ(penalty("203.0.113.1", "a@example.org"), "DELAY 15000");
    fail(1, "203.0.113.1", "user@example.org");
    EXPECT_EQ(penalty("203.0.113.1", "a@example.org"), "REFUSE 20 failed log-ins");
    EXPECT_EQ(penalty("203.0.113.2", "a@example.org"), "DELAY 0");
    now_ += std::chrono::minutes(10);
    EXPECT_EQ(penalty("203.0.113.1", "a@example.org"), "DELAY 15000");
}

TEST_F(BanAnswersTest, AnAttackerLocksNobodyOutFromElsewhere) {
    for (int i = 0; i < 200; ++i) fail(20, "203.0.113." + std::to_string(i), "a@example.org");
    EXPECT_TRUE(refused("203.0.113.7", "a@example.org"));
    EXPECT_EQ(penalty("192.0.2.1", "a@example.org"), "DELAY 4000") << "slowed down, not refused";
    ask(about_login(Question::success, "192.0.2.1", "a@example.org"));
    EXPECT_EQ(penalty("192.0.2.1", "a@example.org"), "DELAY 0");
}

TEST_F(BanAnswersTest, AForgetfulUserIsRefusedAloneNotWithTheOffice) {
    fail(10, "203.0.113.1", "Forgetful@example.org");
    EXPECT_TRUE(refused("203.0.113.1", "forgetful@example.org"));
    EXPECT_FALSE(refused("203.0.113.1", "colleague@example.org"));
    EXPECT_FALSE(refused("203.0.113.2", "forgetful@example.org"));
}

TEST_F(BanAnswersTest, InABannedOfficeWhoeverLoggedInLatelyStillMay) {
    ask(about_login(Question::success, "203.0.113.1", "colleague@example.org"));
    for (int i = 0; i < 20; ++i) fail(1, "203.0.113.1", "user" + std::to_string(i) + "@example.org");
    EXPECT_FALSE(refused("203.0.113.1", "colleague@example.org"));
    EXPECT_TRUE(refused("203.0.113.1", "new@example.org"));
    EXPECT_EQ(connect("203.0.113.1", 1, "imaps"), "OK");
    fail(10, "203.0.113.1", "colleague@example.org");
    EXPECT_TRUE(refused("203.0.113.1", "colleague@example.org")) << "guessing at the colleague is no way around";
}

TEST_F(BanAnswersTest, ABannedNetworkMayNotConnectButForMailToUs) {
    for (int i = 0; i < 20; ++i) fail(1, "203.0.113.1", "user" + std::to_string(i) + "@example.org");
    EXPECT_EQ(connect("203.0.113.1", 1, "imaps"), "REJECT Too many failed log-ins from your address, try again later");
    EXPECT_EQ(connect("203.0.113.1", 1, "smtp"), "OK");
    EXPECT_EQ(connect("203.0.113.2", 1, "imaps"), "OK");
}

TEST_F(BanAnswersTest, AllowedAndTrustedNetworksAreNeverBanned) {
    for (const char* ip : {"198.51.100.1", "127.0.0.1"}) {
        for (int i = 0; i < 50; ++i) fail(1, ip, "user" + std::to_string(i) + "@example.org");
        fail(50, ip, "a@example.org");
        EXPECT_FALSE(refused(ip, "a@example.org"));
        EXPECT_EQ(connect(ip, 1, "imaps"), "OK");
    }
    EXPECT_EQ(ask(ban_request(*ban_subject("0.0.0.0/0", {}), std::nullopt, "all")), "OK");
    EXPECT_FALSE(refused("198.51.100.1", "b@example.org"));
    EXPECT_TRUE(refused("192.0.2.1", "b@example.org"));
}

TEST_F(BanAnswersTest, AnAccountBannedByHandIsRefusedEverywhere) {
    ASSERT_EQ(ask(ban_request(*ban_subject({}, "a@example.org"), std::nullopt, "stolen")), "OK");
    for (const char* ip : {"198.51.100.1", "127.0.0.1", "192.0.2.1", "unknown"}) {
        EXPECT_EQ(penalty(ip, "A@example.org"), "REFUSE stolen") << ip;
        EXPECT_FALSE(refused(ip, "b@example.org"));
    }
    EXPECT_EQ(ask(lift_request(*ban_subject({}, "a@example.org"))), "LIFTED 1");
    EXPECT_FALSE(refused("192.0.2.1", "a@example.org"));
}

TEST_F(BanAnswersTest, BansByHandTakeADurationAndAreListed) {
    ASSERT_EQ(ask(ban_request(*ban_subject("203.0.113.0/24", {}), std::chrono::hours(1), "scanner")), "OK");
    EXPECT_EQ(penalty("203.0.113.9", "a@example.org"), "REFUSE scanner");
    const Result<std::vector<Ban>> listed = to_bans(ask(bans_after({})));
    ASSERT_TRUE(listed) << listed.error().message();
    ASSERT_EQ(listed->size(), 1u);
    EXPECT_EQ(listed->front().subject.network, "203.0.113.0/24");
    EXPECT_EQ(listed->front().since, epoch + now_);
    EXPECT_EQ(listed->front().until, epoch + now_ + std::chrono::hours(1));
    EXPECT_TRUE(listed->front().by_hand);
    EXPECT_TRUE(to_bans(ask(bans_after(listed->front().subject)))->empty());
    now_ += std::chrono::hours(1);
    EXPECT_FALSE(refused("203.0.113.9", "a@example.org"));
    policy::Request endless = ban_request(*ban_subject("203.0.113.0/24", {}), std::nullopt, "");
    endless.add("duration", "18446744073709551615");
    EXPECT_EQ(ask(endless), "OK");
    EXPECT_LE(*to_bans(ask(bans_after({})))->front().until, latest_end);
    for (const char* duration : {"0", "-1", "1h", "99999999999999999999"}) {
        policy::Request wrong = ban_request(*ban_subject("203.0.113.0/24", {}), std::nullopt, "");
        wrong.add("duration", duration);
        EXPECT_EQ(ask(wrong), "REJECT That is no duration in seconds");
    }
    EXPECT_TRUE(ask(ban_request({"nowhere", {}}, std::nullopt, "")).starts_with("REJECT "));
    EXPECT_TRUE(ask(ban_request({}, std::nullopt, "")).starts_with("REJECT "));
    EXPECT_TRUE(ask(lift_request({})).starts_with("REJECT "));
}

TEST_F(BanAnswersTest, LiftingForgetsTheFailuresTooAndTakesAnAddressForItsNetwork) {
    for (int i = 0; i < 20; ++i) fail(1, "2001:db8::1", "user" + std::to_string(i) + "@example.org");
    EXPECT_TRUE(refused("2001:db8::2", "a@example.org"));
    EXPECT_EQ(ask(lift_request({"2001:db8::7", {}})), "LIFTED 1");
    EXPECT_EQ(penalty("2001:db8::2", "a@example.org"), "DELAY 0");
    EXPECT_EQ(ask(lift_request({"2001:db8::7", {}})), "LIFTED 0");
}

TEST_F(BanAnswersTest, PagesOfTheLongestBansFitIntoALine) {
    const std::string reason(200, '"');
    for (int i = 0; i < 40; ++i)
        ASSERT_EQ(ask(ban_request(*ban_subject("203.0.113." + std::to_string(i), std::string(320, '\'')), std::nullopt,
                                  reason)),
                  "OK");
    std::size_t listed = 0;
    BanSubject after;
    for (;;) {
        const std::string action = ask(bans_after(after));
        EXPECT_LE(action.size() + std::string_view("action=").size(), policy::max_line_octets);
        const Result<std::vector<Ban>> page = to_bans(action);
        ASSERT_TRUE(page);
        if (page->empty()) break;
        EXPECT_LT(after, page->front().subject);
        after = page->back().subject;
        listed += page->size();
    }
    EXPECT_EQ(listed, 40u);
}

TEST_F(BanAnswersTest, NoBansForFailuresWhereTheyAreSwitchedOff) {
    Rules without = rules();
    without.network_failures = 0;
    without.account_failures = 0;
    answers_.set(without);
    fail(100, "203.0.113.1", "a@example.org");
    EXPECT_EQ(penalty("203.0.113.1", "a@example.org"), "DELAY 15000");
}

TEST_F(BanAnswersTest, SnapshotAndLaterEventsMakeTheSameAnswersAgain) {
    ask(about_login(Question::success, "203.0.113.1", "colleague@example.org"));
    for (int i = 0; i < 12; ++i) fail(1, "203.0.113.1", "user" + std::to_string(i) + "@example.org");
    const SnapshotFile snapshot = answers_.snapshot();
    for (int i = 0; i < 8; ++i) fail(1, "203.0.113.1", "other" + std::to_string(i) + "@example.org");
    fail(5, "192.0.2.1", "a@example.org");
    ask(ban_request(*ban_subject("192.0.2.128/25", {}), std::nullopt, "by hand"));
    ask(ban_request(*ban_subject("192.0.2.64/26", {}), std::nullopt, "lifted again"));
    ask(lift_request(*ban_subject("192.0.2.64/26", {})));
    const std::vector<Event> events = answers_.take_events();
    EXPECT_EQ(events.size(), answers_.last_event());

    const Time other_steady = milliseconds(5);
    Answers after(rules(), {[&] { return other_steady; }, [this] { return epoch + now_; }});
    after.restore(snapshot);
    for (const Event& event : events) after.replay(event);
    EXPECT_EQ(after.last_event(), answers_.last_event());
    for (const auto& [ip, user] :
         {std::pair("203.0.113.1", "a@example.org"), std::pair("203.0.113.1", "colleague@example.org"),
          std::pair("192.0.2.1", "a@example.org"), std::pair("192.0.2.2", "a@example.org"),
          std::pair("192.0.2.129", "b@example.org"), std::pair("192.0.2.65", "b@example.org")})
        EXPECT_EQ(after.answer(Asker::administrator, 1, about_login(Question::penalty, ip, user)).reply.action,
                  penalty(ip, user))
            << ip << user;
    const auto bans_of = [](const Answers& answers) { return bans_action(answers.bans().list({}, 100)); };
    EXPECT_EQ(bans_of(after), bans_of(answers_));
    for (const Event& event : events) after.replay(event);
    EXPECT_EQ(bans_of(after), bans_of(answers_)) << "twice is once";
}

}  // namespace
}  // namespace posthouse::guard
