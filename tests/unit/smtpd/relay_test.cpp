// Mail for other servers: from whom it is taken, how it leaves, and who stands in for the sender.
#include <gtest/gtest.h>

#include <algorithm>

#include "lib/base/base64.h"
#include "tests/unit/smtpd/world.h"

namespace posthouse::smtpd {
namespace {

using namespace std::string_literals;

const std::string login = "AUTH PLAIN " + base64::encode("\0alice@local.example\0secret"s) + "\r\n";

std::string transaction(std::string_view sender, std::string_view recipient) {
    return "MAIL FROM:<" + std::string(sender) + ">\r\nRCPT TO:<" + std::string(recipient) +
           ">\r\nDATA\r\nSubject: x\r\n\r\nbody\r\n.\r\n";
}

std::string from_stranger(World& world, std::string_view recipient, std::string_view sender = "s@client.example") {
    return world.talk("EHLO client.example\r\n" + transaction(sender, recipient) + "QUIT\r\n");
}

std::string from_alice(World& world, std::string_view recipient) {
    return world.talk_encrypted(
        "EHLO client.example\r\n" + login + transaction("alice@local.example", recipient) + "QUIT\r\n", "submissions");
}

TEST(Relay, WhoHasLoggedInSendsToOtherServersThroughTheQueue) {
    World world;
    const std::string output = from_alice(world, "Joe.Doe@Elsewhere.Example");
    const QueuedMessage message = world.only_queued();
    EXPECT_NE(output.find("\r\n250 2.0.0 Ok: queued as " + message.envelope.id + "\r\n"), std::string::npos) << output;
    EXPECT_EQ(message.envelope.recipients.at(0).address.to_string(), "Joe.Doe@elsewhere.example");
    EXPECT_EQ(message.envelope.recipients[0].transport, "");
    EXPECT_FALSE(message.envelope.recipients[0].sender);
    EXPECT_FALSE(message.envelope.recipients[0].original);
    EXPECT_EQ(message.envelope.client.user, "alice@local.example");
    EXPECT_NE(message.content.find("with ESMTPSA id " + message.envelope.id), std::string::npos) << message.content;
    EXPECT_TRUE(world.lmtpd.messages.empty());
}

TEST(Relay, StrangersAreRefused) {
    World world;
    const std::string output = from_stranger(world, "x@elsewhere.example");
    EXPECT_NE(output.find("554 5.7.1 <x@elsewhere.example>: relay access denied\r\n"), std::string::npos) << output;
    EXPECT_TRUE(world.queued().empty());
}

TEST(Relay, HostsOfMynetworksAreServedOnPort25Only) {
    World world;
    world.frame.settings.smtpd.mynetworks = {"192.0.2.0/28"};
    EXPECT_EQ(codes(from_stranger(world, "x@elsewhere.example")), "220 250 250 250 354 250 221");
    EXPECT_EQ(world.only_queued().envelope.client.user, "");
    EXPECT_EQ(codes(world.talk_encrypted("EHLO x\r\nMAIL FROM:<>\r\nQUIT\r\n", "submissions")), "220 250 530 221");
    world.frame.settings.smtpd.mynetworks = {"192.0.3.0/24"};
    EXPECT_EQ(codes(from_stranger(world, "x@elsewhere.example")), "220 250 250 554 503 500 500 500 500 221");
}

TEST(Relay, HostsOfMynetworksMayBeHeldToSomeSenderDomains) {
    World world;
    world.frame.settings.smtpd.mynetworks = {"192.0.2.0/28"};
    world.frame.settings.smtpd.mynetworks_sender_domains = {"Printers.Example"};
    EXPECT_NE(from_stranger(world, "x@elsewhere.example", "a@printers.example").find("queued as"), std::string::npos);
    EXPECT_NE(from_stranger(world, "x@elsewhere.example", "").find("queued as"), std::string::npos);
    const std::string output = from_stranger(world, "x@elsewhere.example", "a@bank.example");
    EXPECT_NE(output.find("\r\n553 5.7.1 <a@bank.example>: "), std::string::npos) << output;
    EXPECT_NE(from_stranger(world, "alice@local.example", "a@bank.example").find("Ok: delivered"), std::string::npos);
}

TEST(Relay, RelayDomainsAreServedForEverybody) {
    World world;
    world.frame.settings.smtpd.relay_domains = {"Branch.example"};
    EXPECT_NE(from_stranger(world, "x@branch.example").find("queued as"), std::string::npos);
    EXPECT_NE(from_stranger(world, "x@sub.branch.example").find("554 5.7.1"), std::string::npos);
}

TEST(Relay, RelayDomainsOfTheDirectoryAreServedForEverybody) {
    World world;
    EXPECT_NE(from_stranger(world, "any@branch.example").find("queued as"), std::string::npos);
    EXPECT_EQ(world.only_queued().envelope.recipients.at(0).transport, "smtp:[192.0.2.5]");
    EXPECT_FALSE(world.only_queued().envelope.recipients[0].sender);
    EXPECT_NE(from_stranger(world, "nobody@branch.example").find("\r\n550 5.1.1 "), std::string::npos);
}

TEST(Lists, WhoMayNotPostIsRefusedAndToldWhy) {
    World world;
    const std::string refused = "\r\n550 5.7.2 <club@local.example>: only members may post\r\n";
    EXPECT_NE(from_stranger(world, "club@local.example", "x@client.example").find(refused), std::string::npos);
    EXPECT_NE(from_stranger(world, "club@local.example", "").find(refused), std::string::npos);
    // Anybody can write an address of ours into an envelope.
    EXPECT_NE(from_stranger(world, "club@local.example", "alice@local.example").find(refused), std::string::npos);
    EXPECT_TRUE(world.queued().empty());
    EXPECT_NE(from_alice(world, "club@local.example").find("queued as"), std::string::npos);
}

TEST(Lists, WhatGoesToMembersIsTheOwners) {
    World world;
    EXPECT_NE(from_stranger(world, "club@local.example").find("queued as"), std::string::npos);
    const spool::Envelope envelope = world.only_queued().envelope;
    EXPECT_EQ(smtp::to_path(envelope.sender), "<s@client.example>");
    ASSERT_EQ(envelope.recipients.size(), 2u);
    for (const spool::Recipient& recipient : envelope.recipients) {
        ASSERT_TRUE(recipient.sender);
        EXPECT_EQ(smtp::to_path(*recipient.sender), "<club-owner@local.example>");
    }
    EXPECT_NE(from_stranger(world, "crew@local.example").find("Ok: delivered"), std::string::npos);
    EXPECT_EQ(world.lmtpd.messages.at(0).sender, "<crew-owner@local.example>");
}

/// The recipients of one message to `recipient`, with these parameters, in the queue.
std::vector<spool::Recipient> asking(std::string_view recipient, const std::string& parameters) {
    World world;
    world.frame.settings.smtpd.mynetworks = {"192.0.2.7"};
    const std::string output =
        world.talk("EHLO client.example\r\nMAIL FROM:<s@client.example>\r\nRCPT TO:<" + std::string(recipient) + "> " +
                   parameters + "\r\nRCPT TO:<x@far.example> NOTIFY=NEVER\r\nDATA\r\nx\r\n.\r\nQUIT\r\n");
    EXPECT_NE(output.find("queued as"), std::string::npos) << output;
    std::vector<spool::Recipient> recipients = world.only_queued().envelope.recipients;
    recipients.pop_back();
    return recipients;
}

/// The same without the address itself, which stands for them.
std::vector<spool::Recipient> members_asking(std::string_view recipient, const std::string& parameters) {
    std::vector<spool::Recipient> recipients = asking(recipient, parameters);
    if (recipients.back().transport.starts_with("expanded:")) recipients.pop_back();
    return recipients;
}

TEST(Lists, ReportsDoNotNameMembersToTheSender) {
    const std::string all = "NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;spy@client.example";
    for (const std::string& parameters : {all, "NOTIFY=NEVER"s, "ORCPT=rfc822;spy@client.example"s}) {
        for (const spool::Recipient& member : members_asking("club@local.example", parameters)) {
            EXPECT_EQ(member.notify, smtp::DsnNotify{.failure = true}) << parameters << ": its owner is told";
            EXPECT_EQ(member.original, (spool::OriginalRecipient{.type = "rfc822", .address = "club@local.example"}));
        }
    }
    for (const spool::Recipient& member : members_asking("forum@local.example", all)) {
        EXPECT_EQ(member.notify, smtp::DsnNotify{.failure = true});
        EXPECT_EQ(member.original, (spool::OriginalRecipient{.type = "rfc822", .address = "forum@local.example"}));
    }
    EXPECT_EQ(asking("forum@local.example", "NOTIFY=NEVER").at(0).notify, smtp::DsnNotify{});
    EXPECT_EQ(asking("forum@local.example", "NOTIFY=SUCCESS").at(0).notify, smtp::DsnNotify{});
}

TEST(Relay, SuccessIsNotReportedOfAllThatAnAliasLeadsTo) {
    const std::string all = "NOTIFY=SUCCESS,FAILURE,DELAY";
    for (const spool::Recipient& recipient : members_asking("team@local.example", all))
        EXPECT_EQ(recipient.notify, (smtp::DsnNotify{.failure = true, .delay = true}));
    const smtp::DsnNotify asked{.success = true, .failure = true, .delay = true};
    EXPECT_EQ(asking("sales@local.example", all).at(0).notify, asked);
    EXPECT_EQ(asking("bob@local.example", all).at(0).notify, asked);
}

TEST(Relay, OfSuccessTheSenderIsToldOnceForAllWhomAnAddressStandsFor) {
    const std::string all = "NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;first@client.example";
    for (const auto& [address, transport] : {std::pair("team@local.example", spool::alias_transport),
                                             std::pair("forum@local.example", spool::list_transport),
                                             std::pair("crew@local.example", spool::list_transport)}) {
        const spool::Recipient told = asking(address, all).back();
        EXPECT_EQ(told.address.to_string(), address);
        EXPECT_EQ(told.transport, transport);
        EXPECT_EQ(told.notify, smtp::DsnNotify{.success = true});
        EXPECT_EQ(told.original, (spool::OriginalRecipient{.type = "rfc822", .address = "first@client.example"}));
        EXPECT_FALSE(told.sender) << "not the list's owner";
    }
    EXPECT_EQ(asking("team@local.example", "NOTIFY=FAILURE").size(), 2u);
    EXPECT_EQ(asking("sales@local.example", all).size(), 1u);
}

TEST(Relay, WhoIsMissingBehindAnAddressGoesBackToTheSenderOrTheListsOwner) {
    for (const bool is_list : {false, true}) {
        const std::string address = is_list ? "gone-club@local.example" : "mix@local.example";
        const std::vector<spool::Recipient> recipients = asking(address, "");
        ASSERT_EQ(recipients.size(), 2u);
        EXPECT_EQ(recipients[0].address.to_string(), "bob@local.example");
        EXPECT_EQ(recipients[1].address.to_string(), "gone@local.example");
        EXPECT_EQ(recipients[1].transport, "error:5.1.1 No such user here, though " + address + " leads there");
        EXPECT_EQ(recipients[1].sender.has_value(), is_list);
        if (is_list) EXPECT_EQ(smtp::to_path(*recipients[1].sender), "<alice@local.example>");
    }
}

TEST(Lists, AMessageThatComesBackToAListIsRefused) {
    World world;
    const auto post = [&](std::string_view recipient, const std::string& header) {
        return world.talk("EHLO x\r\nMAIL FROM:<s@client.example>\r\nRCPT TO:<" + std::string(recipient) +
                          ">\r\nDATA\r\n" + header + "Subject: x\r\n\r\nbody\r\n.\r\nQUIT\r\n");
    };
    EXPECT_NE(post("crew@local.example", "").find("Ok: delivered"), std::string::npos);
    const std::string passed = world.lmtpd.messages.at(0).content;
    EXPECT_TRUE(passed.starts_with("Delivered-To: crew@local.example\r\nReceived: ")) << passed;
    const std::string refused = "\r\n554 5.4.6 Mail loop: ";
    const std::string mark = "Received: x\r\ndelivered-to:\r\n Crew@local.example\r\n";
    EXPECT_NE(post("crew@local.example", mark).find(refused), std::string::npos);
    EXPECT_NE(world
                  .talk("EHLO x\r\nMAIL FROM:<s@client.example>\r\nRCPT TO:<crew@local.example>\r\nBDAT " +
                        std::to_string(mark.size() + 2) + " LAST\r\n" + mark + "\r\nQUIT\r\n")
                  .find(refused),
              std::string::npos);
    EXPECT_EQ(world.lmtpd.messages.size(), 1u);
    EXPECT_NE(post("forum@local.example", mark).find("Ok: delivered"), std::string::npos) << "another list";
    EXPECT_NE(post("bob@local.example", mark).find("Ok: delivered"), std::string::npos) << "no list";
}

TEST(Lists, MembersOfAListAndOthersAreNotDeliveredToWithOneSender) {
    World world;
    const std::string output = world.talk(
        "EHLO x\r\nMAIL FROM:<s@client.example>\r\nRCPT TO:<crew@local.example>\r\n"
        "RCPT TO:<alice@local.example>\r\nDATA\r\nx\r\n.\r\nQUIT\r\n");
    EXPECT_NE(output.find("queued as"), std::string::npos) << output;
    const spool::Envelope envelope = world.only_queued().envelope;
    EXPECT_TRUE(envelope.recipients.at(0).sender);
    EXPECT_FALSE(envelope.recipients.at(1).sender);
}

TEST(Relay, TheTransportIsFrozenInTheEnvelope) {
    World world;
    world.frame.settings.smtpd.mynetworks = {"192.0.2.7"};
    from_stranger(world, "x@routed.example");
    EXPECT_EQ(world.only_queued().envelope.recipients.at(0).transport, "smtp:[relay.example]:2525");
}

TEST(Relay, AUserWhoseMailboxIsElsewhereIsReachedFromEverywhere) {
    World world;
    EXPECT_NE(from_stranger(world, "moved@local.example").find("queued as"), std::string::npos);
    const QueuedMessage message = world.only_queued();
    EXPECT_EQ(message.envelope.recipients.at(0).transport, "smtp:[b.local.example]");
    EXPECT_FALSE(message.envelope.recipients[0].sender);
}

TEST(Relay, AnAliasToAnotherServerHasTheSenderRewrittenForItAlone) {
    World world;
    EXPECT_NE(from_stranger(world, "both@local.example").find("queued as"), std::string::npos);
    const spool::Envelope envelope = world.only_queued().envelope;
    EXPECT_EQ(smtp::to_path(envelope.sender), "<s@client.example>");
    ASSERT_EQ(envelope.recipients.size(), 2u);
    EXPECT_EQ(envelope.recipients[0].transport, "local");
    EXPECT_FALSE(envelope.recipients[0].sender);
    ASSERT_TRUE(envelope.recipients[1].sender);
    const std::string sender = smtp::to_path(*envelope.recipients[1].sender);
    EXPECT_TRUE(sender.starts_with("<SRS0=") && sender.ends_with("=client.example=s@mx.local.example>")) << sender;
    EXPECT_EQ(envelope.recipients[1].original,
              (spool::OriginalRecipient{.type = "rfc822", .address = "both@local.example"}));
}

TEST(Relay, NobodyStandsInForSendersOfOurDomainsAndForTheNullSender) {
    World world;
    from_stranger(world, "ext@local.example", "bob@local.example");
    from_stranger(world, "ext@local.example", "");
    for (const QueuedMessage& message : world.queued()) EXPECT_FALSE(message.envelope.recipients.at(0).sender);
    EXPECT_EQ(world.queued().size(), 2u);
}

TEST(Relay, ARewrittenSenderMayBeLongerThanOtherLocalParts) {
    World world;
    from_stranger(world, "ext@local.example", "a.very.long.name.that.alone.fits@some.long.domain.client.example");
    const std::string made = (**world.only_queued().envelope.recipients.at(0).sender).to_string();
    EXPECT_GT(made.find('@'), 64u);
    EXPECT_NE(from_stranger(world, made, "").find("queued as"), std::string::npos);
    World other;  // has another secret
    EXPECT_NE(from_stranger(other, made, "").find("\r\n550 5.1.1 <" + made + ">: "), std::string::npos);
    EXPECT_TRUE(other.queued().empty());
}

TEST(Relay, OnlyWhatThisServerHasMadeIsUndone) {
    World world;
    from_stranger(world, "ext@local.example");
    const std::string made = (**world.only_queued().envelope.recipients.at(0).sender).to_string();
    const std::string output = from_stranger(world, made, "");
    EXPECT_NE(output.find("queued as"), std::string::npos) << output;
    ASSERT_EQ(world.queued().size(), 2u);
    bool came_back = false;
    for (const QueuedMessage& message : world.queued()) {
        const spool::Recipient& recipient = message.envelope.recipients.at(0);
        came_back = came_back || recipient.address.to_string() == "s@client.example";
    }
    EXPECT_TRUE(came_back);
    std::string forged = made;
    forged[5] = forged[5] == 'b' || forged[5] == 'B' ? 'c' : 'b';
    for (const std::string& address :
         {forged, "SRS0=AAAA=BB=bank.example=x@mx.local.example"s, "SRS0=@mx.local.example"s,
          "srs0+x@mx.local.example"s, "SRS1=AAAA=bank.example==BBBB=CC=victim.example=x@mx.local.example"s,
          "SRS0-a-b-c@mx.local.example"s})
        EXPECT_NE(from_stranger(world, address, "").find("\r\n550 5.1.1 "), std::string::npos) << address;
    const std::string elsewhere = made.substr(0, made.find('@')) + "@elsewhere.example";
    EXPECT_NE(from_stranger(world, elsewhere, "").find("\r\n554 5.7.1 "), std::string::npos);
    EXPECT_EQ(world.queued().size(), 2u);
}

TEST(Relay, OnlyBouncesGoBackToARewrittenSender) {
    World world;
    from_stranger(world, "ext@local.example");
    const std::string made = (**world.only_queued().envelope.recipients.at(0).sender).to_string();
    const std::string output = from_stranger(world, made, "spammer@client.example");
    EXPECT_NE(output.find("\r\n554 5.7.1 "), std::string::npos) << output;
    EXPECT_EQ(world.queued().size(), 1u);
}

TEST(Relay, WhatTheDirectoryCannotReadIsRelayedForThoseWhoMay) {
    World world;
    const std::string literal = "x@[192.0.2.99]";
    const std::string srs = "SRS0=" + std::string(70, 'x') + "=y=z.example=q@routed.example";
    for (const std::string& address : {literal, srs}) {
        EXPECT_NE(from_stranger(world, address).find("\r\n554 5.7.1 "), std::string::npos) << address;
        EXPECT_NE(from_alice(world, address).find("queued as"), std::string::npos) << address;
    }
    EXPECT_NE(from_alice(world, "SRS0=" + std::string(70, 'x') + "@local.example").find("\r\n550 5.1.1 "),
              std::string::npos);
    std::vector<std::string> transports;
    for (const QueuedMessage& message : world.queued())
        transports.push_back(message.envelope.recipients.at(0).transport);
    std::ranges::sort(transports);
    EXPECT_EQ(transports, (std::vector<std::string>{"", "smtp:[relay.example]:2525"}));
}

TEST(Relay, SubmissionAddsTheDateAndTheIdThatAreMissing) {
    World world;
    from_alice(world, "x@elsewhere.example");
    const QueuedMessage bare = world.only_queued();
    EXPECT_NE(bare.content.find("\r\nMessage-ID: <" + bare.envelope.id + "@mx.local.example>\r\n"), std::string::npos)
        << bare.content;
    EXPECT_NE(bare.content.find("\r\nDate: "), std::string::npos);
}

TEST(Relay, OthersMessagesStayAsTheyAre) {
    World world;
    from_stranger(world, "ext@local.example");
    EXPECT_EQ(world.only_queued().content.find("Message-ID"), std::string::npos);
}

}  // namespace
}  // namespace posthouse::smtpd
