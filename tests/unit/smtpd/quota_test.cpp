// What smtpd says at RCPT when lmtpd says that there is no room.
#include <gtest/gtest.h>

#include "tests/unit/smtpd/world.h"

namespace posthouse::smtpd {
namespace {

constexpr std::string_view hello = "EHLO client.example\r\n";

TEST(RcptQuota, WhereNothingIsLimitedNobodyIsAsked) {
    World world;
    world.quota.actions["alice@local.example"] = "552 5.2.2 Mailbox is full";
    const std::string begin = std::string(hello) + "MAIL FROM:<s@client.example>\r\n";
    const std::string output =
        world.talk(begin + "RCPT TO:<alice@local.example>\r\nRCPT TO:<carol@local.example>\r\nQUIT\r\n");
    EXPECT_EQ(output.find("\r\n552 "), std::string::npos) << output;
    EXPECT_EQ(world.quota.asked, std::vector<std::string>{"carol@local.example 0"}) << "she has a quota of her own";
}

TEST(RcptQuota, AFullMailboxIsRefusedBeforeTheDataWithTheSizeGiven) {
    World world;
    world.frame.settings.quota.rule = {"*:storage=1M"};
    world.quota.actions["alice@local.example"] = "552 5.2.2 Mailbox is full";
    world.quota.actions["bob@local.example"] = "452 4.2.2 Mailbox is full, try again later";
    const std::string output = world.talk(std::string(hello) +
                                          "MAIL FROM:<s@client.example> SIZE=1000\r\nRCPT TO:<alice@local.example>\r\n"
                                          "RCPT TO:<bob@local.example>\r\nQUIT\r\n");
    EXPECT_NE(output.find("\r\n552 5.2.2 <alice@local.example>: Mailbox is full\r\n"), std::string::npos) << output;
    EXPECT_NE(output.find("\r\n452 4.2.2 <bob@local.example>: Mailbox is full, try again later\r\n"), std::string::npos)
        << output;
    EXPECT_EQ(world.quota.asked, (std::vector<std::string>{"alice@local.example 1000", "bob@local.example 1000"}));
}

TEST(RcptQuota, AnAliasIsRefusedWhenNoneOfItsMailboxesHasRoom) {
    World world;
    world.frame.settings.quota.rule = {"*:storage=1M"};
    world.quota.actions["alice@local.example"] = "552 5.2.2 Mailbox is full";
    const std::string rcpt =
        std::string(hello) + "MAIL FROM:<s@client.example>\r\nRCPT TO:<team@local.example>\r\nQUIT\r\n";
    EXPECT_NE(world.talk(rcpt).find("\r\n250 2.1.5 "), std::string::npos);
    world.quota.actions["bob@local.example"] = "552 5.2.2 Mailbox is full";
    EXPECT_NE(world.talk(rcpt).find("\r\n552 5.2.2 <team@local.example>: "), std::string::npos);
}

TEST(RcptQuota, WithoutAnAnswerTheDeliveryDecides) {
    World world;
    world.frame.settings.quota.rule = {"*:storage=1M"};
    world.quota.actions["alice@local.example"] = "what?";
    const std::string rcpt =
        std::string(hello) + "MAIL FROM:<s@client.example>\r\nRCPT TO:<alice@local.example>\r\nQUIT\r\n";
    EXPECT_NE(world.talk(rcpt).find("\r\n250 2.1.5 "), std::string::npos);
    world.run(world.quota.stop());
    EXPECT_NE(world.talk(rcpt).find("\r\n250 2.1.5 "), std::string::npos);
    world.frame.settings.quota.enabled = false;
    EXPECT_NE(world.talk(rcpt).find("\r\n250 2.1.5 "), std::string::npos);
    EXPECT_EQ(world.quota.asked.size(), 1u);
}

TEST(RcptQuota, WhoDoesNotAnswerInTimeIsNotAskedForEachRecipient) {
    World world;
    world.frame.settings.quota.rule = {"*:storage=1M"};
    world.frame.settings.smtpd.lookup_timeout = std::chrono::milliseconds(300);
    world.quota.silent = true;
    const std::string output = world.talk(std::string(hello) +
                                          "MAIL FROM:<s@client.example>\r\nRCPT TO:<alice@local.example>\r\n"
                                          "RCPT TO:<bob@local.example>\r\nRCPT TO:<carol@local.example>\r\nQUIT\r\n");
    EXPECT_EQ(codes(output), "220 250 250 250 250 250 221") << output;
    EXPECT_EQ(world.quota.asked, std::vector<std::string>{"alice@local.example 0"});
}

}  // namespace
}  // namespace posthouse::smtpd
