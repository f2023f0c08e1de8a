// What ESMTP extensions ask for reaches the envelope of the queue, or is refused with their own replies.
#include <gtest/gtest.h>

#include <ctime>

#include "lib/base/base64.h"
#include "lib/smtp/date_time.h"
#include "tests/unit/smtpd/world.h"

namespace posthouse::smtpd {
namespace {

using namespace std::string_literals;

const std::string login = "AUTH PLAIN " + base64::encode("\0alice@local.example\0secret"s) + "\r\n";
constexpr std::string_view content = "Subject: x\r\n\r\nbody\r\n";

std::string transaction(std::string_view sender, std::string_view recipient, std::string_view mail = "",
                        std::string_view rcpt = "", std::string_view data = content) {
    std::string text("MAIL FROM:<");
    text.append(sender).append(">").append(mail).append("\r\nRCPT TO:<").append(recipient).append(">").append(rcpt);
    return text.append("\r\nDATA\r\n").append(data).append(".\r\n");
}

std::string from_alice(World& world, std::string_view recipient, std::string_view mail, std::string_view rcpt = "") {
    return world.talk_encrypted(
        "EHLO x\r\n" + login + transaction("alice@local.example", recipient, mail, rcpt) + "QUIT\r\n", "submissions");
}

std::string from_stranger(World& world, std::string_view recipient, std::string_view mail, std::string_view rcpt = "",
                          std::string_view data = content) {
    return world.talk("EHLO x\r\n" + transaction("s@client.example", recipient, mail, rcpt, data) + "QUIT\r\n");
}

TEST(Extensions, WhatIsAskedOfReportsIsInTheEnvelope) {
    World world;
    from_stranger(world, "both@local.example", " RET=HDRS ENVID=QQ+2B314",
                  " NOTIFY=FAILURE,DELAY ORCPT=rfc822;Bob+2B1@first.example");
    const spool::Envelope envelope = world.only_queued().envelope;
    EXPECT_EQ(envelope.ret, smtp::DsnReturn::headers);
    EXPECT_EQ(envelope.envelope_id, "QQ+314");
    for (const spool::Recipient& recipient : envelope.recipients) {
        EXPECT_EQ(recipient.notify, (smtp::DsnNotify{.success = false, .failure = true, .delay = true}));
        EXPECT_EQ(recipient.original, (spool::OriginalRecipient{.type = "rfc822", .address = "Bob+1@first.example"}));
    }
    EXPECT_EQ(codes(world.talk("EHLO x\r\nMAIL FROM:<> RET=SOME\r\nMAIL FROM:<>\r\nRCPT TO:<alice@local.example> "
                               "NOTIFY=NEVER,FAILURE\r\nRCPT TO:<alice@local.example> ORCPT=" +
                               std::string(70, 'x') + ";y\r\nQUIT\r\n")),
              "220 250 501 250 501 501 221");
}

TEST(Extensions, RequiretlsIsThereWithinTlsOnly) {
    World world;
    world.with_certificate();
    EXPECT_EQ(codes(world.talk("EHLO x\r\nMAIL FROM:<> REQUIRETLS\r\nQUIT\r\n")), "220 250 555 221");
    const std::string output = from_alice(world, "x@elsewhere.example", " REQUIRETLS");
    EXPECT_NE(output.find("\r\n250-REQUIRETLS\r\n"), std::string::npos) << output;
    EXPECT_TRUE(world.only_queued().envelope.require_tls);
    EXPECT_TRUE(world.only_queued().envelope.recipients.at(0).require_tls);
}

TEST(Extensions, AMessageMaySayThatTlsIsOptionalUnlessItIsRequired) {
    const auto says = [](std::string_view field, std::string_view mail = "") {
        World world;
        world.with_certificate();
        const std::string data = std::string(field) + "Subject: x\r\n\r\nTLS-Required: No\r\n";
        const std::string output = world.talk_encrypted(
            "EHLO x\r\n" + login + transaction("alice@local.example", "x@elsewhere.example", mail, "", data) +
                "QUIT\r\n",
            "submissions");
        return world.only_queued().envelope.tls_optional;
    };
    EXPECT_TRUE(says("tls-required:\r\n no \r\n"));
    EXPECT_FALSE(says("TLS-Required: No\r\n", " REQUIRETLS"));
    EXPECT_FALSE(says("TLS-Required: Yes\r\n"));
    EXPECT_FALSE(says(""));
}

TEST(Extensions, MessagesAreHeldBackForUsersOnly) {
    World world;
    const auto now = static_cast<std::int64_t>(std::time(nullptr));
    EXPECT_EQ(codes(world.talk("EHLO x\r\nMAIL FROM:<> HOLDFOR=100\r\nQUIT\r\n")), "220 250 555 221");
    const std::string output = from_alice(world, "bob@local.example", " HOLDFOR=3600");
    EXPECT_NE(output.find("\r\n250-FUTURERELEASE 2592000 2"), std::string::npos) << output;
    const QueuedMessage held = world.only_queued();
    EXPECT_EQ(held.envelope.hold_until, held.envelope.arrived + 3600);
    EXPECT_EQ(held.due, held.envelope.hold_until);
    EXPECT_EQ(held.envelope.recipients.at(0).transport, "local");
    EXPECT_NE(from_alice(world, "bob@local.example", " HOLDFOR=2592001").find("\r\n501 5.5.4 "), std::string::npos);
    EXPECT_NE(from_alice(world, "bob@local.example", " HOLDUNTIL=" + smtp::format_date_time(now + 5000000))
                  .find("\r\n501 5.5.4 "),
              std::string::npos);
    EXPECT_NE(
        from_alice(world, "bob@local.example", " HOLDUNTIL=" + smtp::format_date_time(now + 86400)).find("queued"),
        std::string::npos);
    world.frame.settings.smtpd.future_release_limit = std::chrono::seconds(0);
    EXPECT_NE(from_alice(world, "bob@local.example", " HOLDFOR=1").find("\r\n555 5.5.4 "), std::string::npos);
}

TEST(Extensions, ATimeToDeliverByIsForUsersAndMadeAbsolute) {
    World world;
    // A stranger who could let a message come too late could have it returned to whomever he names.
    EXPECT_NE(from_stranger(world, "ext@local.example", " BY=120;R").find("\r\n555 5.5.4 "), std::string::npos);
    from_alice(world, "x@elsewhere.example", " BY=120;RT");
    const spool::Envelope envelope = world.only_queued().envelope;
    EXPECT_EQ(envelope.deliver_by,
              (spool::DeliverBy{
                  .at = envelope.arrived + 120, .mode = spool::DeliverBy::Mode::return_message, .trace = true}));
    EXPECT_NE(from_alice(world, "x@elsewhere.example", " BY=0;R").find("\r\n501 5.5.4 "), std::string::npos);
}

TEST(Extensions, PriorityIsForUsersAndStrangersMayOnlyLowerTheirs) {
    World world;
    const std::string raised = from_stranger(world, "ext@local.example", " MT-PRIORITY=4");
    EXPECT_NE(raised.find("\r\n250 2.3.6 "), std::string::npos) << raised;
    from_stranger(world, "ext@local.example", " MT-PRIORITY=-3");
    from_alice(world, "ext@local.example", " MT-PRIORITY=4");
    std::vector<int> priorities;
    for (const QueuedMessage& message : world.queued()) priorities.push_back(message.envelope.priority);
    std::ranges::sort(priorities);
    EXPECT_EQ(priorities, (std::vector<int>{-3, 0, 4}));
}

TEST(Extensions, NeedOfUtf8IsComputed) {
    World world;
    const std::string plain = from_stranger(world, "ext@local.example", " SMTPUTF8");
    EXPECT_FALSE(world.queued().at(0).envelope.smtputf8) << plain;
    from_stranger(world, "ext@local.example", " SMTPUTF8", "", "Subject: Grüße\r\n\r\nx\r\n");
    from_stranger(world, "ext@local.example", " BODY=8BITMIME", "", "Subject: x\r\n\r\nGrüße\r\n");
    int needing = 0;
    int of_8bit = 0;
    for (const QueuedMessage& message : world.queued()) {
        needing += message.envelope.smtputf8 ? 1 : 0;
        of_8bit += message.envelope.body == smtp::Body::eight_bit_mime ? 1 : 0;
    }
    EXPECT_EQ(needing, 1);
    EXPECT_EQ(of_8bit, 2);
}

TEST(Extensions, DomainsAreInAsciiWhereNothingElseNeedsUtf8) {
    World world;
    world.frame.settings.smtpd.mynetworks = {"192.0.2.7"};
    const std::string output =
        world.talk("EHLO x\r\n" + transaction("s@bücher.example", "x@straße.example", " SMTPUTF8") + "QUIT\r\n");
    const QueuedMessage message = world.only_queued();
    EXPECT_EQ(smtp::to_path(message.envelope.sender), "<s@xn--bcher-kva.example>") << output;
    EXPECT_EQ(message.envelope.recipients.at(0).address.to_string(), "x@xn--strae-oqa.example");
    EXPECT_FALSE(message.envelope.smtputf8);
    EXPECT_NE(message.content.find(" with UTF8SMTP id "), std::string::npos) << message.content;
}

TEST(Extensions, DomainsAreInAsciiForMailboxesHereToo) {
    World world;
    const std::string output =
        world.talk("EHLO x\r\n" + transaction("s@bücher.example", "alice@local.example", " SMTPUTF8") + "QUIT\r\n");
    ASSERT_EQ(world.lmtpd.messages.size(), 1u) << output;
    EXPECT_EQ(world.lmtpd.messages[0].sender, "<s@xn--bcher-kva.example>");
    EXPECT_FALSE(world.lmtpd.messages[0].parameters.smtputf8);
}

TEST(Extensions, AnAddressThatIsUtf8NeedsIt) {
    World world;
    from_stranger(world, "ext@local.example", " SMTPUTF8", "", content);
    world.frame.settings.smtpd.mynetworks = {"192.0.2.7"};
    world.talk("EHLO x\r\n" + transaction("jürgen@b.example", "x@elsewhere.example", " SMTPUTF8") + "QUIT\r\n");
    bool found = false;
    for (const QueuedMessage& message : world.queued())
        found = found || (message.envelope.smtputf8 && smtp::to_path(message.envelope.sender) == "<jürgen@b.example>");
    EXPECT_TRUE(found);
}

TEST(Extensions, TrustedHostsTellWhereAMessageComesFrom) {
    World world;
    EXPECT_EQ(codes(world.talk("EHLO x\r\nXFORWARD ADDR=198.51.100.9\r\nQUIT\r\n")), "220 250 550 221");
    world.frame.settings.listen.origin_trusted_networks = {"192.0.2.0/24"};
    const std::string output =
        world.talk("EHLO x\r\nXFORWARD NAME=[UNAVAILABLE] ADDR=198.51.100.9 PORT=99\r\nXFORWARD HELO=far.example\r\n" +
                   transaction("s@client.example", "ext@local.example") + "XFORWARD LOGIN=root\r\nXFORWARD ADDR=x\r\n" +
                   transaction("s@client.example", "ext@local.example") + "QUIT\r\n");
    EXPECT_EQ(codes(output), "220 250 250 250 250 250 354 250 501 501 250 250 354 250 221") << output;
    EXPECT_NE(output.find("\r\n250-XFORWARD NAME ADDR PORT PROTO HELO IDENT SOURCE\r\n"), std::string::npos);
    std::vector<std::string> clients;
    for (const QueuedMessage& message : world.queued())
        clients.push_back(message.envelope.client.address + " " + message.envelope.client.helo);
    std::ranges::sort(clients);
    EXPECT_EQ(clients, (std::vector<std::string>{"192.0.2.7 x", "198.51.100.9 far.example"}));
    // It is believed for the record, not for what the session may do.
    world.frame.settings.smtpd.mynetworks = {"198.51.100.9"};
    EXPECT_NE(world.talk("EHLO x\r\nXFORWARD ADDR=198.51.100.9\r\nMAIL FROM:<>\r\nRCPT TO:<x@elsewhere.example>\r\n")
                  .find("554 5.7.1"),
              std::string::npos);
}

TEST(Extensions, VrfyAndExpnTellThoseWhoMayKnow) {
    World world;
    const std::string ask =
        "EHLO x\r\nVRFY alice@local.example\r\nVRFY <nobody@local.example>\r\nVRFY x@elsewhere.example\r\nVRFY "
        "alice\r\n"
        "EXPN team@local.example\r\nEXPN ext@local.example\r\nQUIT\r\n";
    EXPECT_EQ(codes(world.talk(ask)), "220 250 252 252 252 252 252 252 221");
    world.frame.settings.smtpd.vrfy = "users";
    world.frame.settings.smtpd.expn = "users";
    EXPECT_EQ(codes(world.talk(ask)), "220 250 252 252 252 252 252 252 221");
    world.frame.settings.smtpd.vrfy = "everybody";
    world.frame.settings.smtpd.expn = "everybody";
    const std::string output = world.talk(ask);
    EXPECT_EQ(codes(output), "220 250 250 550 252 501 250 250 221") << output;
    EXPECT_NE(output.find("\r\n250-2.1.5 <alice@local.example>\r\n250 2.1.5 <bob@local.example>\r\n"),
              std::string::npos)
        << output;
}

}  // namespace
}  // namespace posthouse::smtpd
