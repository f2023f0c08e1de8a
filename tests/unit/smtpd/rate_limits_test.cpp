// Limits: when guardd is asked about a message, and what its answer means.
#include <gtest/gtest.h>

#include "lib/base/base64.h"
#include "tests/unit/smtpd/world.h"

namespace posthouse::smtpd {
namespace {

using namespace std::string_literals;

const std::string login = "AUTH PLAIN " + base64::encode("\0alice@local.example\0secret"s) + "\r\n";
const std::string mail = "MAIL FROM:<s@Client.example>\r\n";
const std::string two = "RCPT TO:<alice@local.example>\r\nRCPT TO:<bob@local.example>\r\n";
const std::string data = "DATA\r\nSubject: x\r\n\r\nbody\r\n.\r\n";

TEST(RateLimits, GuarddIsNotAskedWhileThereIsNoLimit) {
    World world;
    EXPECT_EQ(codes(world.talk("EHLO x\r\n" + mail + two + data + "QUIT\r\n")), "220 250 250 250 250 354 250 221");
    world.frame.settings.smtpd.user_recipient_rate_limit = 0;
    world.frame.settings.smtpd.user_recipient_day_limit = 0;
    EXPECT_EQ(
        codes(world.talk_encrypted(
            "EHLO x\r\n" + login + "MAIL FROM:<alice@local.example>\r\n" + two + data + "QUIT\r\n", "submissions")),
        "220 250 235 250 250 250 354 250 221");
    EXPECT_TRUE(world.guard.asked.empty());
}

TEST(RateLimits, GuarddIsAskedOnceForEachMessage) {
    World world;
    world.frame.settings.smtpd.client_message_rate_limit = 10;
    const std::string output = world.talk("EHLO x\r\n" + mail + two + "RCPT TO:<nobody@local.example>\r\n" + data +
                                          mail + two + "BDAT 3\r\nabcBDAT 4 LAST\r\nde\r\nQUIT\r\n");
    EXPECT_EQ(codes(output), "220 250 250 250 250 550 354 250 250 250 250 250 250 221") << output;
    EXPECT_EQ(world.guard.asked,
              (std::vector<std::string>{"192.0.2.7  s@client.example 2", "192.0.2.7  s@client.example 2"}));
}

TEST(RateLimits, WhoHasLoggedInIsNamed) {
    World world;
    world.talk_encrypted("EHLO x\r\n" + login + "MAIL FROM:<alice@local.example>\r\n" + two + data + "QUIT\r\n",
                         "submissions");
    EXPECT_EQ(world.guard.asked, std::vector<std::string>{"192.0.2.7 alice@local.example alice@local.example 2"});
}

TEST(RateLimits, WhatUsersSendWithoutASenderIsTheirDomains) {
    World world;
    world.talk_encrypted("EHLO x\r\n" + login + "MAIL FROM:<>\r\n" + two + data + "QUIT\r\n", "submissions");
    EXPECT_EQ(world.guard.asked, std::vector<std::string>{"192.0.2.7 alice@local.example alice@local.example 2"});
    world.frame.settings.smtpd.client_message_rate_limit = 10;
    world.talk("EHLO x\r\nMAIL FROM:<>\r\n" + two + data + "QUIT\r\n");
    EXPECT_EQ(world.guard.asked.back(), "192.0.2.7   2");
}

TEST(RateLimits, AMessageOverALimitIsPutOffBeforeItsContent) {
    World world;
    world.frame.settings.smtpd.client_message_rate_limit = 10;
    world.guard.action = "DEFER 4.7.1 Too many messages: try again in 5 minutes";
    const std::string output = world.talk("EHLO x\r\n" + mail + two + "DATA\r\n" + mail + two +
                                          "BDAT 3\r\nabcBDAT 2 LAST\r\nde" + mail + "QUIT\r\n");
    EXPECT_EQ(codes(output), "220 250 250 250 250 450 250 250 250 450 450 250 221") << output;
    EXPECT_NE(output.find("\r\n450 4.7.1 Too many messages: try again in 5 minutes\r\n"), std::string::npos) << output;
    EXPECT_TRUE(world.lmtpd.messages.empty());
    EXPECT_TRUE(world.queued().empty());
    EXPECT_EQ(world.guard.asked.size(), 2u);
    world.guard.action = "REJECT 5.5.3 Too many recipients: send to fewer at a time";
    EXPECT_NE(
        world.talk("EHLO x\r\n" + mail + two + "DATA\r\nQUIT\r\n").find("\r\n550 5.5.3 Too many recipients: send"),
        std::string::npos);
}

TEST(RateLimits, OwnLimitsOfAUserAndOfHisDomainAreToldToGuardd) {
    World world;
    world.frame.settings.smtpd.user_recipient_rate_limit = 1000;
    world.frame.settings.smtpd.user_recipient_day_limit = 5000;
    const std::string session = "EHLO x\r\n" + login + "MAIL FROM:<alice@local.example>\r\n" + two + data + "QUIT\r\n";
    world.talk_encrypted(session, "submissions");
    EXPECT_FALSE(guard::own_limits(world.guard.last, guard::RateKind::user));
    world.socketmap.sending_limits["alice@local.example"] = "messages_per_hour=7 recipients_per_day=0";
    world.socketmap.sending_limits["@local.example"] = "messages_per_day=20";
    world.talk_encrypted(session, "submissions");
    EXPECT_EQ(guard::own_limits(world.guard.last, guard::RateKind::user), (guard::RateLimits{{{0, 7, 1000}, {}}}));
    EXPECT_EQ(guard::own_limits(world.guard.last, guard::RateKind::user_domain), (guard::RateLimits{{{}, {0, 20, 0}}}));
    world.guard.asked.clear();
    world.frame.settings.smtpd.client_message_rate_limit = 10;
    world.talk("EHLO x\r\nMAIL FROM:<alice@local.example>\r\n" + two + data + "QUIT\r\n");
    EXPECT_EQ(world.guard.asked.size(), 1u);
    EXPECT_FALSE(guard::own_limits(world.guard.last, guard::RateKind::user_domain)) << "not what strangers use up";
}

TEST(RateLimits, OfAMessageAUserMayHaveItsOwnMostRecipients) {
    World world;
    const std::string session = "EHLO x\r\n" + login + "MAIL FROM:<alice@local.example>\r\n" + two + "DATA\r\nQUIT\r\n";
    for (const char* who : {"alice@local.example", "@local.example"}) {
        world.socketmap.sending_limits = {{who, "recipients_per_message=1"}};
        const std::string output = world.talk_encrypted(session, "submissions");
        EXPECT_NE(output.find("\r\n550 5.5.3 Too many recipients: " + std::string(who) +
                              " may have 1 in a message; send to fewer at a time\r\n"),
                  std::string::npos)
            << output;
    }
    EXPECT_TRUE(world.guard.asked.empty());
    world.socketmap.sending_limits = {{"alice@local.example", "broken"}};
    EXPECT_NE(world.talk_encrypted(session, "submissions").find("\r\n451 4.3.0 The directory is not available"),
              std::string::npos);
}

TEST(RateLimits, WhileGuarddIsAwayMailIsTaken) {
    World world;
    world.frame.settings.smtpd.client_message_rate_limit = 10;
    world.guard.action = "DEFER 4.7.1 Too many messages";
    world.run(world.guard.stop());
    EXPECT_EQ(codes(world.talk("EHLO x\r\n" + mail + two + data + "QUIT\r\n")), "220 250 250 250 250 354 250 221");
}

}  // namespace
}  // namespace posthouse::smtpd
