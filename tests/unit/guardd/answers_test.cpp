// Tests of guardd's answers in the policy protocol, Postfix's own question among them.
#include "guardd/answers.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "guardd/client_network.h"
#include "tests/unit/guardd/answers_world.h"

namespace posthouse::guard {
namespace {

TEST(ClientNetwork, IsTheAddressOrItsIpv6Slash64) {
    EXPECT_EQ(client_network("192.0.2.1"), "192.0.2.1");
    EXPECT_EQ(client_network("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
    EXPECT_EQ(client_network("2001:db8:1:2::9"), "2001:db8:1:2::/64");
    EXPECT_EQ(client_network("::ffff:192.0.2.1"), "192.0.2.1");
    EXPECT_EQ(client_network("unknown"), "");
    EXPECT_EQ(client_network(""), "");
}

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

}  // namespace
}  // namespace posthouse::guard
