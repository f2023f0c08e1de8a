// What goes to lmtpd while the client waits, what lies in the queue instead, and that queued hears of it.
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <filesystem>

#include "lib/net/unix_path.h"
#include "tests/unit/smtpd/world.h"

namespace posthouse::smtpd {
namespace {

std::string message_to(const std::vector<std::string>& recipients,
                       std::string_view content = "Subject: x\r\n\r\nbody\r\n", std::string_view parameters = "") {
    std::string text = "EHLO client.example\r\nMAIL FROM:<s@client.example>\r\n";
    for (const std::string& one : recipients) text.append("RCPT TO:<" + one + ">").append(parameters).append("\r\n");
    return text + "DATA\r\n" + std::string(content) + ".\r\nQUIT\r\n";
}

std::vector<std::string> addresses(const QueuedMessage& message) {
    std::vector<std::string> all;
    for (const spool::Recipient& one : message.envelope.recipients) all.push_back(one.address.to_string());
    return all;
}

TEST(Queueing, WithoutLmtpdTheMessageIsQueuedForItsMailbox) {
    World world;
    world.run(world.lmtpd.stop());
    const std::string output = world.talk(message_to({"alice@local.example"}));
    const QueuedMessage message = world.only_queued();
    EXPECT_NE(output.find("250 2.0.0 Ok: queued as " + message.envelope.id + "\r\n"), std::string::npos) << output;
    EXPECT_EQ(addresses(message), std::vector<std::string>{"alice@local.example"});
    EXPECT_EQ(message.envelope.recipients[0].transport, "local");
    EXPECT_EQ(smtp::to_path(message.envelope.sender), "<s@client.example>");
    EXPECT_EQ(message.envelope.client.address, "192.0.2.7");
    EXPECT_EQ(message.envelope.client.helo, "client.example");
    EXPECT_TRUE(message.content.starts_with("Received: from client.example ([192.0.2.7])\r\n")) << message.content;
    EXPECT_TRUE(message.content.ends_with("\r\nSubject: x\r\n\r\nbody\r\n"));
}

TEST(Queueing, ASilentLmtpdLeavesTheMessageQueuedUnderTheIdItHeard) {
    World world;
    world.lmtpd.silent_after_data = true;
    world.frame.settings.smtpd.delivery_timeout = std::chrono::milliseconds(50);
    const std::string output = world.talk(message_to({"alice@local.example"}));
    EXPECT_EQ(codes(output), "220 250 250 250 354 250 221") << output;
    EXPECT_NE(output.find("queued as " + world.only_queued().envelope.id), std::string::npos) << output;
}

TEST(Queueing, ALmtpdThatDiesWithinADeliveryLeavesTheMessageQueued) {
    World world;
    world.lmtpd.close_after_data = true;
    EXPECT_EQ(codes(world.talk(message_to({"alice@local.example"}))), "220 250 250 250 354 250 221");
    EXPECT_EQ(addresses(world.only_queued()), std::vector<std::string>{"alice@local.example"});
}

TEST(Queueing, OfAMixtureTheOthersAreQueuedForNowOrForGood) {
    World world;
    for (const std::string reply : {"452 4.2.2 Mailbox is full", "552 5.2.2 Mailbox is full"}) {
        world.lmtpd.final_replies["bob@local.example"] = reply;
        EXPECT_EQ(codes(world.talk(message_to({"team@local.example"}))), "220 250 250 250 354 250 221");
        for (const QueuedMessage& message : world.queued())
            EXPECT_EQ(addresses(message), std::vector<std::string>{"bob@local.example"});
    }
    EXPECT_EQ(world.queued().size(), 2u);
    EXPECT_EQ(world.lmtpd.messages.size(), 2u);
}

TEST(Queueing, WhenNobodyGotItTheClientHearsWhyAndNothingIsQueued) {
    World world;
    world.lmtpd.final_replies["bob@local.example"] = "452 4.2.2 Mailbox is full";
    world.lmtpd.final_replies["alice@local.example"] = "552 5.2.2 Mailbox is full";
    EXPECT_EQ(codes(world.talk(message_to({"team@local.example"}))), "220 250 250 250 354 452 221");
    EXPECT_TRUE(world.queued().empty());
    EXPECT_EQ(world.rejects("quota"), 1);
    world.lmtpd.final_replies["bob@local.example"] = "452 4.3.1 Insufficient system storage";
    EXPECT_EQ(codes(world.talk(message_to({"bob@local.example"}))), "220 250 250 250 354 452 221");
    EXPECT_EQ(world.rejects("storage"), 1);
}

TEST(Queueing, UpToTenRecipientsAreDeliveredAtOnceMoreAreQueued) {
    World world;
    std::vector<std::string> recipients;
    for (int i = 0; i < 10; ++i) recipients.push_back("alice+" + std::to_string(i) + "@local.example");
    EXPECT_NE(world.talk(message_to(recipients)).find("Ok: delivered"), std::string::npos);
    EXPECT_TRUE(world.queued().empty());
    recipients.push_back("bob@local.example");
    EXPECT_NE(world.talk(message_to(recipients)).find("Ok: queued as"), std::string::npos);
    EXPECT_EQ(world.only_queued().envelope.recipients.size(), 11u);
    EXPECT_EQ(world.lmtpd.messages.size(), 1u);
}

TEST(Queueing, WhoWantsAReportOfSuccessIsServedByTheQueue) {
    World world;
    world.talk(message_to({"alice@local.example"}, "x\r\n", " NOTIFY=FAILURE,DELAY"));
    EXPECT_TRUE(world.queued().empty());
    world.talk(message_to({"alice@local.example"}, "x\r\n", " NOTIFY=SUCCESS"));
    EXPECT_TRUE(world.only_queued().envelope.recipients.at(0).notify->success);
}

TEST(Queueing, ALargeMessageIsQueuedByteForByte) {
    World world;
    world.run(world.lmtpd.stop());
    std::string content = "Subject: large\r\n\r\n";
    for (int i = 0; content.size() < 700000; ++i) content += "line " + std::to_string(i * 7919) + "\r\n";
    EXPECT_EQ(codes(world.talk(message_to({"alice@local.example"}, content))), "220 250 250 250 354 250 221");
    EXPECT_TRUE(world.only_queued().content.ends_with("\r\n" + content));
}

TEST(Queueing, WhatBreaksOffLeavesNothing) {
    World world;
    world.talk("EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<alice@local.example>\r\nDATA\r\n" + std::string(300000, 'x'));
    EXPECT_TRUE(world.queued().empty());
    EXPECT_TRUE(std::filesystem::is_empty(world.frame.settings.general.spool_folder + "/incoming"));
}

TEST(Queueing, WithoutRoomTheClientIsToldAtMail) {
    World world;
    world.frame.settings.smtpd.queue_minfree = std::uint64_t{1} << 60;
    const std::string output = world.talk("EHLO x\r\nMAIL FROM:<>\r\nQUIT\r\n");
    EXPECT_NE(output.find("\r\n452 4.3.1 Insufficient system storage, try again later\r\n"), std::string::npos)
        << output;
}

TEST(Queueing, WithoutSpoolMailForMailboxesIsDeliveredAndOtherMailDeferred) {
    World world;
    std::filesystem::remove_all(world.frame.settings.general.spool_folder);
    EXPECT_EQ(codes(world.talk(message_to({"alice@local.example"}))), "220 250 250 250 354 250 221");
    EXPECT_EQ(codes(world.talk(message_to({"ext@local.example"}))), "220 250 250 250 354 451 221");
}

TEST(Queueing, QueuedHearsTheIdOfWhatIsQueued) {
    World world;
    const std::string path = world.folder() + "/queued.wake";
    const UniqueFd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const Result<net::UnixPath> address = net::make_unix_path(path);
    ASSERT_EQ(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address->address), sizeof address->address), 0);
    world.talk(message_to({"ext@local.example"}));
    char text[100];
    const ssize_t size = ::recv(socket.get(), text, sizeof text, 0);
    ASSERT_GT(size, 0);
    EXPECT_EQ(std::string(text, static_cast<std::size_t>(size)), "arrived " + world.only_queued().envelope.id);
}

}  // namespace
}  // namespace posthouse::smtpd
