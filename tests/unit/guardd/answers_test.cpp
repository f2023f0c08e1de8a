// Tests of guardd's answers in the policy protocol, Postfix's own question among them.
#include "guardd/answers.h"

#include <gtest/gtest.h>

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

class AnswersTest : public testing::Test {
  protected:
    static Rules rules() {
        Rules rules;
        rules.connections_per_address = 2;
        rules.trusted_networks = {*net::Network::parse("127.0.0.0/8")};
        return rules;
    }
    std::string ask(const policy::Request& request, ConnectionCounts::Owner owner = 1) {
        return answers_.answer(owner, request).action;
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

    Answers answers_{rules(), [] { return milliseconds(1'000'000); }};
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

TEST_F(AnswersTest, AQuestionThatNobodyKnowsIsAnsweredDunno) {
    policy::Request request;
    EXPECT_EQ(ask(request), "DUNNO");
    request.add("request", "guard_future");
    EXPECT_EQ(ask(request), "DUNNO");
}

TEST(Questions, DelaysTravelAsText) {
    EXPECT_EQ(to_delay(delay_action(milliseconds(1500))), milliseconds(1500));
    for (const char* action : {"", "DELAY", "DELAY ", "DELAY x", "DELAY -1", "DELAY 99999999999999999999", "DUNNO"})
        EXPECT_EQ(to_delay(action), std::nullopt) << action;
}

TEST(Questions, EveryNameIsFoundAgain) {
    for (const Question question : {Question::postfix, Question::connect, Question::disconnect, Question::restore,
                                    Question::penalty, Question::failure, Question::success})
        EXPECT_EQ(question_named(name_of(question)), question);
    EXPECT_EQ(question_named("guard"), std::nullopt);
}

}  // namespace
}  // namespace posthouse::guard
