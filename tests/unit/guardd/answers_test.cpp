// Tests of guardd's answers in the policy protocol, Postfix's own question among them.
#include "guardd/answers.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "guardd/client_network.h"

namespace posthouse::guard {
namespace {

using std::chrono::milliseconds;

TEST(ClientNetwork, IsTheAddressOrItsIpv6Slash64) {
    EXPECT_EQ(client_network("192.0.2.1"), "192.0.2.1");
    EXPECT_EQ(client_network("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
    EXPECT_EQ(client_network("2001:db8:1:2::9"), "2001:db8:1:2::/64");
    EXPECT_EQ(client_network("::ffff:192.0.2.1"), "192.0.2.1");
    EXPECT_EQ(client_network("unknown"), "");
    EXPECT_EQ(client_network(""), "");
}

constexpr WallTime epoch = std::chrono::hours(24 * 365 * 50);

class AnswersTest : public testing::Test {
  protected:
    static Rules rules() {
        Rules rules;
        rules.connections_per_address = 2;
        rules.trusted_networks = {*net::Network::parse("127.0.0.0/8")};
        return rules;
    }
    std::string ask(const policy::Request& request, ConnectionCounts::Owner owner = 1) {
        return answers_.answer(Asker::administrator, owner, request).reply.action;
    }
    Outcome outcome_of(const policy::Request& request) {
        return answers_.answer(Asker::administrator, 1, request).outcome;
    }
    std::string connect(std::string_view ip, ConnectionCounts::Owner owner = 1, std::string_view service = "smtp") {
        return ask(about_connection(Question::connect, service, ip), owner);
    }
    static policy::Request postfix(std::string_view ip) {
        policy::Request request;
        request.add("request", "smtpd_access_policy");
        request.add("protocol_state", "CONNECT");
        request.add("protocol_name", "SMTP");
        request.add("client_address", ip);
        request.add("client_name", "unknown");
        return request;
    }

    Time now_ = milliseconds(1'000'000);
    Answers answers_{rules(), {[this] { return now_; }, [this] { return epoch + now_; }}};
};

TEST_F(AnswersTest, TheConnectionOverTheLimitIsRefusedWithAReason) {
    EXPECT_EQ(connect("192.0.2.1"), "OK");
    EXPECT_EQ(connect("192.0.2.1", 2), "OK");
    EXPECT_EQ(connect("192.0.2.1"), "REJECT Too many connections from your address");
    EXPECT_EQ(connect("192.0.2.2"), "OK");
    EXPECT_EQ(connect("192.0.2.1", 1, "imap"), "OK");
    EXPECT_EQ(ask(about_connection(Question::disconnect, "smtp", "192.0.2.1")), "DUNNO");
    EXPECT_EQ(connect("192.0.2.1"), "OK");
}

TEST_F(AnswersTest, AddressesOfOneIpv6NetworkAreCountedTogether) {
    EXPECT_EQ(connect("2001:db8:0:1::1"), "OK");
    EXPECT_EQ(connect("2001:db8:0:1::2"), "OK");
    EXPECT_TRUE(connect("2001:db8:0:1:ffff::3").starts_with("REJECT "));
    EXPECT_EQ(connect("2001:db8:0:2::1"), "OK");
    ask(about_connection(Question::disconnect, "smtp", "2001:db8:0:1::2"));
    EXPECT_EQ(connect("2001:db8:0:1::3"), "OK");
}

TEST_F(AnswersTest, WhatAWorkerCountedEndsWithIt) {
    connect("192.0.2.1", 1);
    connect("192.0.2.1", 1);
    EXPECT_TRUE(connect("192.0.2.1", 2).starts_with("REJECT "));
    answers_.forget(1);
    EXPECT_EQ(connect("192.0.2.1", 2), "OK");
    EXPECT_EQ(answers_.connections().total(), 1u);
}

TEST_F(AnswersTest, AWorkerTellsAnewWhatIsOpen) {
    EXPECT_EQ(ask(restore("smtp", "192.0.2.1", 5)), "DUNNO");
    EXPECT_TRUE(connect("192.0.2.1", 2).starts_with("REJECT "));
    EXPECT_EQ(answers_.connections().total(), 5u);
    policy::Request senseless = about_connection(Question::restore, "smtp", "192.0.2.9");
    senseless.add("count", "-1");
    EXPECT_EQ(ask(senseless), "DUNNO");
    EXPECT_EQ(answers_.connections().total(), 5u);
}

TEST_F(AnswersTest, TrustedNetworksAndUnknownAddressesAreNotLimited) {
    for (int i = 0; i < 10; ++i) {
        EXPECT_EQ(connect("127.0.0.1"), "OK");
        EXPECT_EQ(connect("unknown"), "OK");
    }
    EXPECT_EQ(ask(restore("smtp", "127.0.0.1", 5)), "DUNNO");
    EXPECT_EQ(answers_.connections().total(), 0u);
}

TEST_F(AnswersTest, AReloadThatTrustsANetworkLeavesNoCountBehind) {
    connect("192.0.2.1");
    Rules trusting = rules();
    trusting.trusted_networks.push_back(*net::Network::parse("192.0.2.0/24"));
    answers_.set(trusting);
    EXPECT_EQ(answers_.connections().total(), 1u);
    ask(about_connection(Question::disconnect, "smtp", "192.0.2.1"));
    EXPECT_EQ(answers_.connections().total(), 0u);
}

TEST_F(AnswersTest, PostfixIsToldToDeferAnAddressOverTheLimit) {
    EXPECT_EQ(ask(postfix("192.0.2.1")), "DUNNO");
    connect("192.0.2.1");
    EXPECT_EQ(ask(postfix("192.0.2.1")), "DUNNO");
    connect("192.0.2.1");
    EXPECT_EQ(ask(postfix("192.0.2.1")), "DEFER 4.7.0 Too many connections from your address");
    EXPECT_EQ(ask(postfix("192.0.2.2")), "DUNNO");
    EXPECT_EQ(ask(postfix("127.0.0.1")), "DUNNO");
    EXPECT_EQ(ask(postfix("")), "DUNNO");
}

TEST_F(AnswersTest, PenaltiesGrowAndAreForgiven) {
    const auto penalty = about_login(Question::penalty, "2001:db8::7", "a@example.org");
    EXPECT_EQ(ask(penalty), "DELAY 0");
    for (int i = 0; i < 5; ++i)
        EXPECT_EQ(ask(about_login(Question::failure, "2001:db8::" + std::to_string(i), "a@example.org")), "DUNNO");
    EXPECT_EQ(ask(penalty), "DELAY 2000");
    EXPECT_EQ(ask(about_login(Question::success, "2001:db8::7", "a@example.org")), "DUNNO");
    EXPECT_EQ(ask(penalty), "DELAY 0");
}

TEST_F(AnswersTest, FailuresFromTrustedNetworksFollowTheAccountOnly) {
    for (int i = 0; i < 20; ++i) ask(about_login(Question::failure, "127.0.0.1", "a@example.org"));
    EXPECT_EQ(ask(about_login(Question::penalty, "127.0.0.1", "b@example.org")), "DELAY 0");
    EXPECT_EQ(ask(about_login(Question::penalty, "127.0.0.1", "a@example.org")), "DELAY 4000");
}

/// Tests of bans.
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

TEST_F(AnswersTest, AQuestionThatNobodyKnowsIsAnsweredDunno) {
    policy::Request request;
    EXPECT_EQ(ask(request), "DUNNO");
    request.add("request", "guard_future");
    EXPECT_EQ(ask(request), "DUNNO");
}

TEST_F(AnswersTest, WhatIsOfAdministratorsIsRefusedToClientsAndChangesNothing) {
    const BanSubject banned = *ban_subject("192.0.2.1", {});
    ASSERT_EQ(ask(ban_request(banned, std::nullopt, "by hand")), "OK");
    (void)answers_.take_events();
    std::size_t asked = 0;
    for (const policy::Request& request :
         {bans_after({}), ban_request(*ban_subject({}, "a@example.org"), std::nullopt, {}), lift_request(banned),
          rates_after({}), reset_request({RateKind::user, "a@example.org"})}) {
        EXPECT_EQ(answers_.answer(Asker::client, 1, request).reply.action,
                  "REJECT Only root and the user of guardd may ask for that")
            << request.get("request");
        ++asked;
    }
    EXPECT_EQ(answers_.bans().size(), 1u);
    EXPECT_TRUE(answers_.take_events().empty());
    EXPECT_EQ(std::ranges::count(questions(), Asker::administrator, asker_of), static_cast<std::ptrdiff_t>(asked))
        << "each of them has to be asked above";
}

TEST_F(AnswersTest, WhatIsOfClientsIsAnsweredToThem) {
    EXPECT_EQ(answers_.answer(Asker::client, 1, about_connection(Question::connect, "smtp", "192.0.2.1")).reply.action,
              "OK");
    EXPECT_EQ(answers_.answer(Asker::client, 1, about_message("192.0.2.1", "", "", 1)).reply.action, "OK");
}

TEST(Questions, PenaltiesTravelAsText) {
    EXPECT_EQ(to_penalty(penalty_action({milliseconds(1500)}))->delay, milliseconds(1500));
    const std::optional<Penalty> refused = to_penalty(penalty_action({{}, true, "20 failed log-ins"}));
    ASSERT_TRUE(refused);
    EXPECT_TRUE(refused->refused);
    EXPECT_EQ(refused->reason, "20 failed log-ins");
    for (const char* action : {"", "DELAY", "DELAY ", "DELAY x", "DELAY -1", "DELAY 99999999999999999999", "DUNNO"})
        EXPECT_FALSE(to_penalty(action)) << action;
}

TEST(Questions, EveryNameIsFoundAgain) {
    EXPECT_EQ(questions().size(), 13u);
    for (const Question question : questions()) EXPECT_EQ(question_named(name_of(question)), question);
    EXPECT_EQ(question_named("guard"), std::nullopt);
}

/// Tests of limits.
class LimitAnswersTest : public AnswersTest {
  protected:
    LimitAnswersTest() { answers_.set(limiting()); }
    static Rules limiting() {
        Rules limiting = rules();
        limiting.connections_per_address = 100;
        limiting.rates.limits[index(RateKind::client)] = {{{4, 2, 0}, {}}};
        limiting.rates.limits[index(RateKind::user)] = {{{0, 0, 10}, {0, 0, 15}}};
        limiting.rates.limits[index(RateKind::sender_domain)] = {{{0, 3, 0}, {}}};
        limiting.rates.limits[index(RateKind::user_domain)] = {{{0, 0, 12}, {}}};
        return limiting;
    }
    std::string send(std::string_view ip, std::string_view user, std::string_view sender,
                     std::uint64_t recipients = 1) {
        return ask(about_message(ip, user, sender, recipients));
    }
    static std::vector<Rate> listed(Answers& answers) {
        std::vector<Rate> all;
        RateSubject last;
        for (;;) {
            const Result<std::vector<Rate>> page =
                to_rates(answers.answer(Asker::administrator, 1, rates_after(last)).reply.action);
            EXPECT_TRUE(page);
            if (!page || page->empty()) return all;
            last = page->back().subject;
            all.insert(all.end(), page->begin(), page->end());
        }
    }
    const std::string alice = "alice@example.org";
};

TEST_F(LimitAnswersTest, AUserIsCountedWhereverHeComesFromAndHisNetworkIsNot) {
    EXPECT_EQ(send("192.0.2.1", alice, alice, 6), "OK");
    EXPECT_EQ(send("198.51.100.1", "Alice@Example.org", alice, 4), "OK");
    EXPECT_EQ(send("203.0.113.1", alice, alice),
              "DEFER 4.7.1 Too many recipients: alice@example.org may have 10 in an hour; try again in 50 minutes");
    EXPECT_EQ(send("192.0.2.1", "bob@other.example", "bob@other.example", 9), "OK");
    EXPECT_EQ(send("192.0.2.1", "", "x@client.example"), "OK");
    EXPECT_EQ(send("192.0.2.1", "", "x@client.example"), "OK");
    EXPECT_TRUE(send("192.0.2.1", "", "x@client.example").starts_with("DEFER 4.7.1 Too many messages: 192.0.2.1 may"));
}

TEST_F(LimitAnswersTest, LongWaitsAreToldInHoursAndDays) {
    Rules rules = limiting();
    rules.rates.limits[index(RateKind::user)] = {{{0, 0, 0}, {0, 0, 20}}};
    rules.rates.limits[index(RateKind::user_domain)] = {};
    answers_.set(rules);
    now_ = milliseconds(0);
    EXPECT_EQ(send("192.0.2.1", alice, alice, 20), "OK");
    EXPECT_EQ(send("192.0.2.1", alice, alice, 2),
              "DEFER 4.7.1 Too many recipients: alice@example.org may have 20 in a day; try again in 27 hours");
    EXPECT_EQ(send("192.0.2.1", alice, alice, 20),
              "DEFER 4.7.1 Too many recipients: alice@example.org may have 20 in a day; try again in 2 days");
}

TEST_F(LimitAnswersTest, AMessageThatNeverFitsIsRefusedForGood) {
    EXPECT_EQ(send("192.0.2.1", alice, alice, 11),
              "REJECT 5.5.3 Too many recipients: alice@example.org may have 10 in an hour; send to fewer at a time");
    EXPECT_EQ(send("192.0.2.1", alice, alice, 10), "OK") << "what is refused isn't counted";
}

TEST_F(LimitAnswersTest, OwnLimitsHoldInThePlaceOfTheSettings) {
    const auto send_with = [this](RateKind kind, const RateLimits& own, std::uint64_t recipients) {
        policy::Request request = about_message("192.0.2.1", alice, alice, recipients);
        add_own_limits(request, kind, own);
        return ask(request);
    };
    EXPECT_EQ(send_with(RateKind::user, {{{0, 0, 2}, {}}}, 3),
              "REJECT 5.5.3 Too many recipients: alice@example.org may have 2 in an hour; send to fewer at a time");
    EXPECT_EQ(send_with(RateKind::user, {{{0, 0, 12}, {}}}, 12), "OK") << "more than the setting";
    EXPECT_EQ(send("192.0.2.1", "bob@example.org", "bob@other.example", 11),
              "REJECT 5.5.3 Too many recipients: bob@example.org may have 10 in an hour; send to fewer at a time");
    EXPECT_TRUE(send_with(RateKind::user, {}, 1).starts_with("DEFER 4.7.1 Too many recipients: example.org may have"));
    EXPECT_TRUE(send_with(RateKind::user_domain, {{{0, 0, 100}, {}}}, 1)
                    .starts_with("DEFER 4.7.1 Too many recipients: alice@example.org may have 10"));
    policy::Request both = about_message("192.0.2.1", alice, alice, 50);
    add_own_limits(both, RateKind::user, {});
    add_own_limits(both, RateKind::user_domain, {{{0, 0, 100}, {}}});
    EXPECT_EQ(ask(both), "OK") << "0 is without a limit";
}

TEST_F(LimitAnswersTest, StrangersDoNotUseUpWhatTheUsersOfADomainMaySend) {
    for (int i = 0; i < 3; ++i) EXPECT_EQ(send("192.0.2." + std::to_string(i), "", "x@example.org"), "OK");
    EXPECT_TRUE(send("192.0.2.9", "", "y@EXAMPLE.org").starts_with("DEFER 4.7.1 Too many messages: example.org"));
    EXPECT_EQ(send("192.0.2.9", "bob@example.org", "bob@example.org", 7), "OK");
    EXPECT_TRUE(send("192.0.2.9", alice, alice, 6).starts_with("DEFER 4.7.1 Too many recipients: example.org"));
    EXPECT_EQ(send("192.0.2.9", alice, "", 6), "OK") << "the null sender has no domain";
}

TEST_F(LimitAnswersTest, EachAnswerTellsWhatItDid) {
    const policy::Request message = about_message("192.0.2.1", alice, alice, 6);
    EXPECT_EQ(outcome_of(message), Outcome::told);
    EXPECT_EQ(outcome_of(message), Outcome::limited);
    const policy::Request connection = about_connection(Question::connect, "smtp", "192.0.2.1");
    for (int i = 0; i < 4; ++i) EXPECT_EQ(outcome_of(connection), Outcome::told);
    EXPECT_EQ(outcome_of(connection), Outcome::refused);
    const policy::Request penalty = about_login(Question::penalty, "192.0.2.1", alice);
    EXPECT_EQ(outcome_of(penalty), Outcome::told);
    for (int i = 0; i < 9; ++i)
        EXPECT_EQ(outcome_of(about_login(Question::failure, "192.0.2.1", alice)), Outcome::failed_login);
    EXPECT_EQ(outcome_of(penalty), Outcome::delayed_login);
    EXPECT_EQ(outcome_of(ban_request(*ban_subject({}, alice), std::nullopt, {})), Outcome::changed);
    EXPECT_EQ(outcome_of(penalty), Outcome::refused_login);
}

TEST_F(LimitAnswersTest, WhatAnAdministratorAsksIsNoRefusedClient) {
    policy::Request senseless;
    senseless.add("request", "guard_reset");
    senseless.add("kind", "x");
    EXPECT_EQ(outcome_of(senseless), Outcome::denied);
    EXPECT_EQ(outcome_of(ban_request({}, std::nullopt, {})), Outcome::denied);
    EXPECT_EQ(outcome_of(lift_request({})), Outcome::denied);
    EXPECT_EQ(outcome_of(reset_request({RateKind::user, alice})), Outcome::changed);
    EXPECT_EQ(outcome_of(rates_after({})), Outcome::told);
    EXPECT_EQ(answers_.answer(Asker::client, 1, rates_after({})).outcome, Outcome::denied);
}

TEST_F(LimitAnswersTest, TrustedNetworksAndUnknownClientsAreNotCounted) {
    for (int i = 0; i < 9; ++i) EXPECT_EQ(send(i % 2 == 0 ? "127.0.0.1" : "unknown", "", ""), "OK");
    EXPECT_EQ(answers_.rates(), 0u);
}

TEST_F(LimitAnswersTest, ConnectionsCountForWhatSendsMailTogether) {
    EXPECT_EQ(connect("192.0.2.1", 1, "smtp"), "OK");
    EXPECT_EQ(connect("192.0.2.1", 1, "submission"), "OK");
    EXPECT_EQ(connect("192.0.2.1", 1, "submissions"), "OK");
    EXPECT_EQ(connect("192.0.2.1", 1, "smtp"), "OK");
    ask(about_connection(Question::disconnect, "smtp", "192.0.2.1"));
    EXPECT_EQ(connect("192.0.2.1", 1, "smtp"),
              "REJECT Too many connections: 192.0.2.1 may have 4 in an hour; try again in 59 minutes");
    EXPECT_EQ(connect("192.0.2.1", 1, "imap"), "OK");
    EXPECT_EQ(answers_.connections().total(), 4u);
}

TEST_F(LimitAnswersTest, PostfixAsksAtDataWithTheSameWords) {
    policy::Request request;
    for (const auto& [name, value] : {std::pair{"request", "smtpd_access_policy"},
                                      {"protocol_state", "DATA"},
                                      {"client_address", "192.0.2.1"},
                                      {"sasl_username", "alice@example.org"},
                                      {"sender", "alice@example.org"},
                                      {"recipient_count", "8"}})
        request.add(name, value);
    EXPECT_EQ(ask(request), "DUNNO");
    EXPECT_TRUE(ask(request).starts_with("DEFER 4.7.1 Too many recipients: "));
}

TEST_F(LimitAnswersTest, WhoIsNotLimitedIsNotRemembered) {
    answers_.set(rules());
    EXPECT_EQ(send("192.0.2.1", alice, alice, 600), "OK");
    EXPECT_EQ(answers_.rates(), 0u);
    EXPECT_TRUE(answers_.take_events().empty());
}

TEST_F(LimitAnswersTest, CountsSurviveByTheJournalAndByTheSnapshot) {
    send("192.0.2.1", alice, alice, 7);
    const std::vector<Event> events = answers_.take_events();
    ASSERT_EQ(events.size(), 1u);
    const SnapshotFile snapshot = answers_.snapshot();
    for (const bool from_snapshot : {false, true}) {
        Answers other(limiting(), {[this] { return now_; }, [this] { return epoch + now_; }});
        if (from_snapshot) {
            const Result<SnapshotFile> read = parse_snapshot(to_json(snapshot));
            ASSERT_TRUE(read) << read.error().message();
            other.restore(*read);
        }
        std::string line = to_line(events.front());
        line.pop_back();
        const Result<Event> event = parse_event(line);
        ASSERT_TRUE(event) << event.error().message();
        other.replay(*event);  // in the snapshot already, if there was one
        EXPECT_EQ(listed(other), listed(answers_));
        EXPECT_TRUE(other.answer(Asker::administrator, 1, about_message("192.0.2.1", alice, alice, 4))
                        .reply.action.starts_with("DEFER"));
        EXPECT_EQ(other.answer(Asker::administrator, 1, about_message("192.0.2.1", alice, alice, 3)).reply.action,
                  "OK");
    }
}

TEST_F(LimitAnswersTest, AnAdministratorSeesAndResetsThem) {
    send("192.0.2.1", alice, alice, 7);
    send("2001:db8::9", "", "x@client.example", 2);
    const std::vector<Rate> rates = listed(answers_);
    ASSERT_EQ(rates.size(), 4u);
    EXPECT_EQ(rates[0], (Rate{{RateKind::client, "2001:db8::/64"}, {{{0, 1, 2}, {0, 1, 2}}}}));
    EXPECT_EQ(rates[1], (Rate{{RateKind::user, alice}, {{{0, 1, 7}, {0, 1, 7}}}}));
    EXPECT_EQ(rates[2].subject, (RateSubject{RateKind::sender_domain, "client.example"}));
    EXPECT_EQ(rates[3].subject, (RateSubject{RateKind::user_domain, "example.org"}));
    EXPECT_EQ(ask(reset_request({RateKind::user, "Alice@example.org"})), "LIFTED 1");
    EXPECT_EQ(ask(reset_request({RateKind::user, alice})), "LIFTED 0");
    EXPECT_EQ(ask(reset_request({RateKind::client, "2001:db8::77"})), "LIFTED 1");
    EXPECT_TRUE(ask(reset_request({RateKind::user, ""})).starts_with("REJECT "));
    EXPECT_EQ(listed(answers_).size(), 2u);
    policy::Request senseless;
    senseless.add("request", "guard_rates");
    EXPECT_TRUE(ask(senseless).starts_with("REJECT "));
}

TEST_F(LimitAnswersTest, ManyAreToldInPages) {
    Rules many = limiting();
    many.rates.limits[index(RateKind::user_domain)] = {};
    answers_.set(many);
    for (int i = 0; i < 95; ++i) {
        const std::string user = std::string(200, 'x') + std::to_string(i) + "@example.org";
        send("192.0.2.1", user, user);
    }
    EXPECT_EQ(listed(answers_).size(), 95u);
}

TEST_F(LimitAnswersTest, ALimitThatIsMetIsToldOnce) {
    send("192.0.2.1", alice, alice, 10);
    EXPECT_TRUE(answers_.take_limits_met().empty());
    send("192.0.2.1", alice, alice);
    send("192.0.2.1", alice, alice);
    const std::vector<LimitMet> met = answers_.take_limits_met();
    ASSERT_EQ(met.size(), 1u);
    EXPECT_EQ(met[0].subject.name, alice);
    EXPECT_EQ(met[0].limit, 10u);
}

}  // namespace
}  // namespace posthouse::guard
