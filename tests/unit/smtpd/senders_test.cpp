// As whom users may send, what EHLO may say, and who is greeted.
#include <gtest/gtest.h>

#include "lib/base/base64.h"
#include "smtpd/receiving/added_fields.h"
#include "tests/unit/smtpd/world.h"

namespace posthouse::smtpd {
namespace {

using namespace std::string_literals;

const std::string login = "AUTH PLAIN " + base64::encode("\0alice@local.example\0secret"s) + "\r\n";

std::string mail_as(World& world, std::string_view sender) {
    return world.talk_encrypted("EHLO x\r\n" + login + "MAIL FROM:<" + std::string(sender) + ">\r\nQUIT\r\n",
                                "submissions");
}

TEST(Senders, UsersSendAsThemselvesAsTheirAliasesAndAsWhatWasGranted) {
    World world;
    for (const std::string_view own : {"alice@local.example", "info@local.example", "sales@local.example", ""})
        EXPECT_EQ(codes(mail_as(world, own)), "220 250 235 250 221") << own;
    for (const std::string_view other :
         {"bob@local.example", "team@local.example", "ext@local.example", "solo@local.example", "nobody@local.example",
          "alice@elsewhere.example", "loop@local.example", "abuse@local.example"}) {
        const std::string output = mail_as(world, other);
        EXPECT_NE(output.find("\r\n553 5.7.1 <" + std::string(other) + ">: not an address of alice@local.example; "),
                  std::string::npos)
            << output;
    }
    EXPECT_EQ(codes(mail_as(world, "broken@local.example")), "220 250 235 451 221");
}

TEST(Senders, TheRulesCanBeSet) {
    World world;
    world.frame.settings.smtpd.alias_senders = false;
    world.frame.settings.smtpd.submission_null_sender = false;
    EXPECT_EQ(codes(mail_as(world, "sales@local.example")), "220 250 235 553 221");
    EXPECT_EQ(codes(mail_as(world, "")), "220 250 235 553 221");
    world.frame.settings.smtpd.reject_sender_login_mismatch = false;
    EXPECT_EQ(codes(mail_as(world, "bob@local.example")), "220 250 235 250 221");
}

TEST(Senders, OthersAreNotAsked) {
    World world;
    EXPECT_EQ(codes(world.talk("EHLO x\r\nMAIL FROM:<alice@local.example>\r\nQUIT\r\n")), "220 250 250 221");
}

TEST(Senders, TheirDomainIsLookedUpOnWishAndAnyFailureIsForNow) {
    World world;
    world.frame.settings.dns.servers = {"127.0.0.1:1"};
    world.frame.settings.dns.trust_anchor_file = "";
    world.frame.settings.dns.timeout = std::chrono::milliseconds(200);
    const std::string ask = "EHLO x.example\r\nMAIL FROM:<a@client.example>\r\nQUIT\r\n";
    EXPECT_EQ(codes(world.talk(ask)), "220 250 250 221");
    world.frame.settings.smtpd.reject_unknown_sender_domain = true;
    EXPECT_NE(world.talk(ask).find("\r\n450 4.1.8 <a@client.example>: DNS"), std::string::npos);
    EXPECT_EQ(codes(world.talk("EHLO x\r\nMAIL FROM:<a@local.example>\r\nRSET\r\nMAIL FROM:<>\r\nQUIT\r\n")),
              "220 250 250 250 250 221");
    world.frame.settings.smtpd.reject_unknown_helo_hostname = true;
    EXPECT_EQ(codes(world.talk("EHLO x.example\r\nEHLO [192.0.2.7]\r\nEHLO a_b!\r\nQUIT\r\n")), "220 450 250 550 221");
    world.frame.settings.smtpd.mynetworks = {"192.0.2.7"};
    EXPECT_EQ(codes(world.talk(ask)), "220 250 250 221");
}

TEST(Helo, InvalidNamesAreRefusedOnWish) {
    World world;
    const std::string ask =
        "EHLO a_b!\r\nHELO [192.0.2.1\r\nEHLO [192.0.2.1]\r\nEHLO [IPv6:2001:db8::1]\r\nEHLO x.example\r\nQUIT\r\n";
    EXPECT_EQ(codes(world.talk(ask)), "220 250 250 250 250 250 221");
    world.frame.settings.smtpd.reject_invalid_helo = true;
    EXPECT_EQ(codes(world.talk(ask)), "220 501 501 250 250 250 221");
    world.frame.settings.smtpd.mynetworks = {"192.0.2.7"};
    EXPECT_EQ(codes(world.talk(ask)), "220 250 250 250 250 250 221");
}

TEST(Helo, IsNotNeededOnWish) {
    World world;
    const std::string send = "MAIL FROM:<>\r\nRCPT TO:<alice@local.example>\r\nDATA\r\nx\r\n.\r\nQUIT\r\n";
    world.frame.settings.smtpd.helo_required = false;
    EXPECT_EQ(codes(world.talk(send)), "220 250 250 354 250 221");
    EXPECT_TRUE(world.lmtpd.messages.at(0).content.starts_with("Received: from unknown ([192.0.2.7])\r\n"));
}

TEST(GreetingDelay, WhoSpeaksBeforeTheGreetingIsRefused) {
    World world;
    world.frame.settings.smtpd.greeting_delay = std::chrono::seconds(20);
    const std::string output = world.talk("EHLO x\r\nQUIT\r\n");
    EXPECT_EQ(output, "554 mx.local.example You spoke before the greeting: a mail server waits for it\r\n");
    world.frame.settings.smtpd.mynetworks = {"192.0.2.7"};
    EXPECT_EQ(codes(world.talk("EHLO x\r\nQUIT\r\n")), "220 250 221");
}

TEST(GreetingDelay, WhoWaitsIsServed) {
    World world;
    world.frame.settings.smtpd.greeting_delay = std::chrono::milliseconds(20);
    const std::string output = world.connect("smtp", [](net::Stream& stream) -> net::Async<std::string> {
        Result<std::string> greeting = co_await stream.read_line(1000, soon());
        if (!greeting) co_return "none";
        Result<> sent = co_await stream.write("NOOP\r\nQUIT\r\n", soon());
        if (!sent) co_return "lost";
        Result<std::string> reply = co_await stream.read_line(1000, soon());
        co_return *greeting + "|" + reply.value_or("none");
    });
    EXPECT_EQ(output, "220 mx.local.example ESMTP Posthouse|250 2.0.0 Ok");
}

HeaderCollector collected(std::string_view content, std::size_t piece = std::string_view::npos) {
    HeaderCollector header;
    for (std::size_t at = 0; at < content.size(); at += std::min(piece, content.size()))
        header.feed(content.substr(at, piece));
    return header;
}

TEST(HeaderCollector, EndsAtTheEmptyLineWhereverPiecesAreCut) {
    for (std::size_t piece = 1; piece < 20; ++piece)
        EXPECT_EQ(collected("A: 1\r\nB: 2\r\n\r\nbody\r\n\r\nmore\r\n", piece).text(), "A: 1\r\nB: 2\r\n\r\n");
    EXPECT_EQ(collected("\r\nbody\r\n").text(), "\r\n");
    EXPECT_EQ(collected("A: 1\r\n").text(), "A: 1\r\n");
    EXPECT_FALSE(collected("A: 1\r\n\r\n" + std::string(100000, 'x'), 7).is_cut());
    EXPECT_TRUE(collected(std::string(100000, 'x')).is_cut());
    EXPECT_TRUE(collected(std::string(100000, 'x'), 1000).is_cut());
    EXPECT_EQ(collected(std::string(100000, 'x'), 1000).text().size(), HeaderCollector::max_size);
}

TEST(DroppedFields, BlindCopiesOfMailThatBeginsHereAndEveryReturnPath) {
    const std::string message =
        "MAIL FROM:<alice@local.example>\r\nRCPT TO:<bob@local.example>\r\nDATA\r\nBcc: secret@x.example\r\n"
        "Return-Path: <q@x.example>\r\nSubject: x\r\nReturn-Path:\r\n <r@x.example>\r\n\r\nBcc: y\r\n.\r\nQUIT\r\n";
    World world;
    world.talk_encrypted("EHLO x\r\n" + login + message, "submissions");
    world.talk("EHLO client.example\r\n" + message);
    ASSERT_EQ(world.lmtpd.messages.size(), 2u);
    EXPECT_TRUE(world.lmtpd.messages[0].content.ends_with("\r\nSubject: x\r\n\r\nBcc: y\r\n"));
    EXPECT_EQ(world.lmtpd.messages[0].content.find("secret@"), std::string::npos);
    EXPECT_TRUE(world.lmtpd.messages[1].content.ends_with("\r\nBcc: secret@x.example\r\nSubject: x\r\n\r\nBcc: y\r\n"))
        << "others may have signed it";
    for (const auto& delivered : world.lmtpd.messages)
        EXPECT_EQ(delivered.content.find("x.example>"), std::string::npos) << delivered.content;
}

TEST(AddedFields, AreThoseThatAreMissing) {
    const auto added = [](std::string_view header) { return added_fields(collected(header), "ID", "mx.example", 0); };
    EXPECT_EQ(added("Subject: x\r\n\r\n"), "Date: Thu, 1 Jan 1970 00:00:00 +0000\r\nMessage-ID: <ID@mx.example>\r\n");
    EXPECT_EQ(added("message-id: <1@x>\r\nDATE: now\r\n\r\n"), "");
    EXPECT_EQ(added("Date: now\r\n\r\nMessage-ID: <in@the.body>\r\n"), "Message-ID: <ID@mx.example>\r\n");
    EXPECT_EQ(added(std::string(100000, 'x')), "");
}

}  // namespace
}  // namespace posthouse::smtpd
