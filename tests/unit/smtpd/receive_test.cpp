// smtpd on port 25: transactions of RFC 5321 Appendix D, who may receive, and what becomes of the message.
#include <gtest/gtest.h>

#include "tests/unit/smtpd/world.h"

namespace posthouse::smtpd {
namespace {

constexpr std::string_view envelope = "EHLO client.example\r\nMAIL FROM:<s@client.example>\r\n";

std::string message_to(std::string_view recipient, std::string_view content = "Subject: x\r\n\r\nbody\r\n") {
    return std::string(envelope) + "RCPT TO:<" + std::string(recipient) + ">\r\nDATA\r\n" + std::string(content) +
           ".\r\nQUIT\r\n";
}

TEST(Receive, TypicalTransactionIsDeliveredBeforeItIsAcknowledged) {
    World world;
    const std::string output = world.talk(message_to("alice@local.example"));
    EXPECT_EQ(codes(output), "220 250 250 250 354 250 221") << output;
    ASSERT_EQ(world.lmtpd.messages.size(), 1u);
    const auto& message = world.lmtpd.messages[0];
    EXPECT_EQ(message.sender, "<s@client.example>");
    EXPECT_EQ(message.recipients, std::vector<std::string>{"alice@local.example"});
    EXPECT_TRUE(message.content.starts_with(
        "Received: from client.example ([192.0.2.7])\r\n\tby mx.local.example with ESMTP id "))
        << message.content;
    EXPECT_NE(message.content.find("\tfor <alice@local.example>;\r\n"), std::string::npos);
    EXPECT_TRUE(message.content.ends_with("\r\nSubject: x\r\n\r\nbody\r\n"));
    EXPECT_EQ(message.parameters.size, message.content.size());
}

TEST(Receive, TheTransactionsIdTravelsWithTheMessage) {
    World world;
    const std::string output = world.talk(message_to("alice@local.example"));
    const auto& attributes = world.lmtpd.messages.at(0).attributes;
    ASSERT_TRUE(attributes.find("IDENT"));
    EXPECT_NE(output.find("250 2.0.0 Ok: delivered, id " + std::string(*attributes.find("IDENT")) + "\r\n"),
              std::string::npos);
    EXPECT_EQ(attributes.find("ADDR"), "192.0.2.7");
    EXPECT_EQ(attributes.find("PORT"), "4711");
    EXPECT_EQ(attributes.find("HELO"), "client.example");
    EXPECT_EQ(attributes.find("PROTO"), "ESMTP");
}

TEST(Receive, EhloOffersWhatIsHandled) {
    World world;
    EXPECT_EQ(world.talk("EHLO x\r\nQUIT\r\n"),
              "220 mx.local.example ESMTP Posthouse\r\n250-mx.local.example\r\n250-PIPELINING\r\n250-SIZE 52428800\r\n"
              "250-ENHANCEDSTATUSCODES\r\n250-8BITMIME\r\n250-DSN\r\n250-SMTPUTF8\r\n250-CHUNKING\r\n250-BINARYMIME\r\n"
              "250-LIMITS RCPTMAX=1000\r\n250-MT-PRIORITY\r\n250 HELP\r\n221 2.0.0 mx.local.example "
              "closing connection\r\n");
}

TEST(Receive, RelayingIsRefused) {
    World world;
    const std::string output = world.talk(std::string(envelope) + "RCPT TO:<x@elsewhere.example>\r\nQUIT\r\n");
    EXPECT_NE(output.find("554 5.7.1 <x@elsewhere.example>: relay access denied\r\n"), std::string::npos) << output;
}

TEST(Receive, UnknownUsersAliasLoopsAndAnAbsentDirectoryHaveRepliesOfTheirOwn) {
    World world;
    const std::string output = world.talk(std::string(envelope) +
                                          "RCPT TO:<nobody@local.example>\r\nRCPT TO:<loop@local.example>\r\n"
                                          "RCPT TO:<broken@local.example>\r\nQUIT\r\n");
    EXPECT_NE(output.find("550 5.1.1 <nobody@local.example>: no such user here\r\n"), std::string::npos) << output;
    EXPECT_NE(output.find("550 5.4.6 <loop@local.example>: "), std::string::npos) << output;
    EXPECT_NE(output.find("451 4.3.0 <broken@local.example>: "), std::string::npos) << output;
}

TEST(Receive, ADeadDirectoryMeansTryAgainLater) {
    World world;
    world.run(world.socketmap.stop());
    const std::string output = world.talk(std::string(envelope) + "RCPT TO:<alice@local.example>\r\nQUIT\r\n");
    EXPECT_EQ(codes(output), "220 250 250 451 221") << output;
}

TEST(Receive, PostmasterNeedsNoDomain) {
    World world;
    EXPECT_EQ(codes(world.talk(std::string(envelope) + "RCPT TO:<Postmaster>\r\nDATA\r\nx\r\n.\r\nQUIT\r\n")),
              "220 250 250 250 354 250 221");
    EXPECT_EQ(world.lmtpd.messages.at(0).recipients, std::vector<std::string>{"alice@local.example"});
}

TEST(Receive, PostmasterCanBeConfigured) {
    World world;
    world.frame.settings.directory.postmaster = "carol@local.example";
    world.talk(std::string(envelope) + "RCPT TO:<postmaster>\r\nDATA\r\nx\r\n.\r\nQUIT\r\n");
    EXPECT_EQ(world.lmtpd.messages.at(0).recipients, std::vector<std::string>{"carol@local.example"});
    world.frame.settings.directory.postmaster.clear();
    world.frame.settings.general.hostname = "elsewhere.example";
    EXPECT_EQ(codes(world.talk(std::string(envelope) + "RCPT TO:<postmaster>\r\nQUIT\r\n")), "220 250 250 550 221");
}

TEST(Receive, AliasesAreResolvedAndNobodyGetsTheMessageTwice) {
    World world;
    const std::string output = world.talk(std::string(envelope) +
                                          "RCPT TO:<bob@local.example>\r\nRCPT TO:<team@local.example>\r\n"
                                          "RCPT TO:<bob@local.example>\r\nDATA\r\nx\r\n.\r\nQUIT\r\n");
    EXPECT_EQ(codes(output), "220 250 250 250 250 250 354 250 221") << output;
    EXPECT_EQ(world.lmtpd.messages.at(0).recipients,
              (std::vector<std::string>{"bob@local.example", "alice@local.example"}));
    EXPECT_EQ(world.lmtpd.messages.at(0).content.find("\tfor <"), std::string::npos);
}

TEST(Receive, TooManyRecipientsAreToBeSentInAnotherTransaction) {
    World world;
    world.frame.settings.smtpd.recipient_limit = 100;
    const std::string output = world.talk(std::string(envelope) +
                                          "RCPT TO:<many@local.example>\r\nRCPT TO:<many2@local.example>\r\n"
                                          "RCPT TO:<alice@local.example>\r\nQUIT\r\n");
    EXPECT_EQ(codes(output), "220 250 250 250 452 250 221") << output;
}

TEST(Receive, ManyMessagesShareOneConnectionToLmtpd) {
    World world;
    std::string input = "EHLO client.example\r\n";
    for (int i = 0; i < 20; ++i) {
        input += "MAIL FROM:<>\r\nRCPT TO:<alice@local.example>\r\nDATA\r\n" + std::to_string(i) + "\r\n.\r\n";
    }
    world.talk(input + "QUIT\r\n");
    EXPECT_EQ(world.lmtpd.messages.size(), 20u);
    EXPECT_EQ(world.lmtpd.connections, 1);
    EXPECT_EQ(world.lmtpd.messages.at(7).sender, "<>");
}

TEST(Receive, AConnectionThatLmtpdClosedIsReplaced) {
    World world;
    EXPECT_EQ(codes(world.talk(message_to("alice@local.example"))), "220 250 250 250 354 250 221");
    world.lmtpd.drop_connections();
    EXPECT_EQ(codes(world.talk(message_to("alice@local.example"))), "220 250 250 250 354 250 221");
    EXPECT_EQ(world.lmtpd.messages.size(), 2u);
    EXPECT_EQ(world.lmtpd.connections, 2);
}

TEST(Receive, LmtpdsOwnErrorsArePassedOn) {
    World world;
    world.lmtpd.final_replies["alice@local.example"] = "552 5.2.2 Mailbox is full";
    world.lmtpd.rcpt_replies["bob@local.example"] = "450 4.2.1 Mailbox is locked";
    EXPECT_NE(world.talk(message_to("alice@local.example")).find("\r\n552 5.2.2 Mailbox is full\r\n"),
              std::string::npos);
    EXPECT_NE(world.talk(message_to("bob@local.example")).find("\r\n450 4.2.1 Mailbox is locked\r\n"),
              std::string::npos);
    world.lmtpd.data_reply = "451 4.3.0 Not now";
    EXPECT_NE(world.talk(message_to("carol@local.example")).find("\r\n451 4.3.0 Not now\r\n"), std::string::npos);
    EXPECT_TRUE(world.lmtpd.messages.size() == 1 &&
                world.lmtpd.messages[0].recipients.front() == "alice@local.example");
}

TEST(Receive, ARefusedDeliveryLeavesNothingBehindForTheNextOne) {
    World world;
    world.lmtpd.data_reply = "554 5.5.1 No valid recipients";
    world.lmtpd.rcpt_replies["bob@local.example"] = "550 5.2.1 Mailbox disabled";
    EXPECT_NE(world.talk(message_to("bob@local.example")).find("\r\n550 5.2.1 Mailbox disabled\r\n"),
              std::string::npos);
    world.lmtpd.data_reply = "354 go on";
    EXPECT_EQ(codes(world.talk(message_to("alice@local.example"))), "220 250 250 250 354 250 221");
    EXPECT_TRUE(world.lmtpd.messages.at(0).attributes.find("IDENT"));
    EXPECT_EQ(world.lmtpd.connections, 1);
}

TEST(Receive, LargeMessagesGoThroughAFileByteForByte) {
    World world;
    std::string content = "Subject: large\r\n\r\n";
    for (int i = 0; content.size() < 700000; ++i) content += ".line " + std::to_string(i * 7919) + "\r\n";
    std::string stuffed;
    for (std::size_t at = 0; at < content.size();) {
        const std::size_t end = content.find('\n', at) + 1;
        if (content[at] == '.') stuffed += '.';
        stuffed += content.substr(at, end - at);
        at = end;
    }
    EXPECT_EQ(codes(world.talk(message_to("alice@local.example", stuffed))), "220 250 250 250 354 250 221");
    EXPECT_TRUE(world.lmtpd.messages.at(0).content.ends_with("\r\n" + content));
}

TEST(Receive, TooLargeMessagesAreRefusedBeforeOrAfterTheirContent) {
    World world;
    world.frame.settings.smtpd.message_size_limit = 1024;
    EXPECT_EQ(codes(world.talk("EHLO x\r\nMAIL FROM:<> SIZE=1025\r\nQUIT\r\n")), "220 250 552 221");
    EXPECT_EQ(codes(world.talk(message_to("alice@local.example", std::string(1100, 'x') + "\r\n"))),
              "220 250 250 250 354 552 221");
    EXPECT_TRUE(world.lmtpd.messages.empty());
}

TEST(Receive, AMessageInALoopIsStopped) {
    World world;
    std::string content;
    for (int i = 0; i < 51; ++i) content += "Received: by hop" + std::to_string(i) + "\r\n";
    const std::string output = world.talk(message_to("alice@local.example", content + "\r\nx\r\n"));
    EXPECT_NE(output.find("554 5.4.6 Too many hops"), std::string::npos) << output;
}

TEST(Receive, BareLineEndsAndNulAreRefusedByDefault) {
    using namespace std::string_view_literals;
    World world;
    EXPECT_NE(world.talk(message_to("alice@local.example", "a\r\nb\nc\r\n"))
                  .find("550 5.6.11 bare LF in message data at line 2; lines must end in CRLF\r\n"),
              std::string::npos);
    EXPECT_NE(
        world.talk(message_to("alice@local.example", "a\rb\r\n")).find("550 5.6.11 bare CR in message data at line 1"),
        std::string::npos);
    EXPECT_NE(
        world.talk(message_to("alice@local.example", "a\0b\r\n"sv)).find("550 5.6.0 NUL in message data at line 1\r\n"),
        std::string::npos);
    EXPECT_TRUE(world.lmtpd.messages.empty());
}

TEST(Receive, BareLineEndsAndNulAreKeptOnWish) {
    using namespace std::string_view_literals;
    World world;
    world.frame.settings.smtpd.bare_lf = "normalize";
    world.frame.settings.smtpd.bare_cr = "keep";
    world.frame.settings.smtpd.nul = "keep";
    EXPECT_EQ(codes(world.talk(message_to("alice@local.example", "a\nb\rc\0d\r\n"sv))), "220 250 250 250 354 250 221");
    EXPECT_TRUE(world.lmtpd.messages.at(0).content.ends_with("a\r\nb\rc\0d\r\n"sv));
}

TEST(Receive, BareCrAndNulAreKeptForNobodyOnAnotherServer) {
    using namespace std::string_view_literals;
    World world;
    world.frame.settings.smtpd.bare_cr = "keep";
    world.frame.settings.smtpd.nul = "keep";
    for (const std::string_view content : {"a\r.\rb\r\n"sv, "a\0b\r\n"sv}) {
        // An alias of somebody elsewhere; the first recipient alone could have it.
        const std::string message =
            std::string(envelope) + "RCPT TO:<alice@local.example>\r\nRCPT TO:<ext@local.example>\r\n";
        EXPECT_EQ(codes(world.talk(message + "DATA\r\n" + std::string(content) + ".\r\nQUIT\r\n")),
                  "220 250 250 250 250 354 550 221");
        EXPECT_EQ(codes(world.talk(message + "BDAT " + std::to_string(content.size()) + " LAST\r\n" +
                                   std::string(content) + "QUIT\r\n")),
                  "220 250 250 250 250 550 221");
    }
    EXPECT_TRUE(world.queued().empty());
    EXPECT_TRUE(world.lmtpd.messages.empty());
}

TEST(Receive, NothingIsSmuggledPastTheEndOfTheData) {
    World world;
    world.frame.settings.smtpd.bare_lf = "normalize";
    const std::string output = world.talk(
        message_to("alice@local.example",
                   "a\n.\nMAIL FROM:<evil@client.example>\nRCPT TO:<bob@local.example>\nDATA\nx\n.\r\nb\r\n"));
    EXPECT_EQ(codes(output), "220 250 250 250 354 250 221") << output;
    ASSERT_EQ(world.lmtpd.messages.size(), 1u);
    EXPECT_EQ(world.lmtpd.messages[0].sender, "<s@client.example>");
}

TEST(Receive, EightBitContentIsDeclaredToLmtpd) {
    World world;
    world.talk(message_to("alice@local.example", "\xc3\xbc\r\n"));
    EXPECT_EQ(world.lmtpd.messages.at(0).parameters.body, smtp::Body::eight_bit_mime);
}

}  // namespace
}  // namespace posthouse::smtpd
