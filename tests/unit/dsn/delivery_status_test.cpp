// The part for programs: RFC 3464 §2 and its examples, RFC 3461 §6.3, RFC 6533 §3.
#include "lib/dsn/delivery_status.h"

#include <gtest/gtest.h>

#include <vector>

#include "lib/base/ascii.h"

namespace posthouse::dsn {
namespace {

const Reporter kReporter{.host = "cs.utk.edu", .postmaster = "postmaster@cs.utk.edu"};

std::string one(const Recipient& recipient, const Message& message = {}, StatusForm form = StatusForm::seven_bit) {
    return delivery_status(kReporter, message, std::vector{recipient}, form);
}

bool has_line(const std::string& text, std::string_view line) {
    return ("\r\n" + text).find("\r\n" + std::string(line) + "\r\n") != std::string::npos;
}

TEST(DeliveryStatus, IsThatOfTheSimpleExampleOfRfc3464AppendixE) {
    const Recipient recipient{.address = "louisl@larry.slip.umd.edu",
                              .original = OriginalRecipient{"rfc822", "louisl@larry.slip.umd.edu"},
                              .action = Action::failed,
                              .status = "4.0.0",
                              .answer = "426 connection timed out",
                              .last_attempt = 773615749};
    EXPECT_EQ(one(recipient),
              "Reporting-MTA: dns; cs.utk.edu\r\n"
              "\r\n"
              "Original-Recipient: rfc822; louisl@larry.slip.umd.edu\r\n"
              "Final-Recipient: rfc822; louisl@larry.slip.umd.edu\r\n"
              "Action: failed\r\n"
              "Status: 4.0.0\r\n"
              "Diagnostic-Code: smtp; 426 connection timed out\r\n"
              "Last-Attempt-Date: Thu, 7 Jul 1994 21:15:49 +0000\r\n");
}

TEST(DeliveryStatus, TellsAllThatIsKnown) {
    const Message message{.envelope_id = "QQ314159",
                          .received_from = "client.example.org",
                          .received_address = "2001:db8::1",
                          .arrival = 773600000,
                          .id = "01ABC"};
    const Recipient recipient{.address = "bob@example.net",
                              .action = Action::delayed,
                              .status = "4.2.2",
                              .remote_host = "mx.example.net",
                              .remote_address = "192.0.2.1",
                              .answer = "452 4.2.2 Mailbox full",
                              .last_attempt = 773615749,
                              .retry_until = 774000000};
    EXPECT_EQ(one(recipient, message),
              "Original-Envelope-Id: QQ314159\r\n"
              "Reporting-MTA: dns; cs.utk.edu\r\n"
              "Received-From-MTA: dns; client.example.org ([IPv6:2001:db8::1])\r\n"
              "Arrival-Date: Thu, 7 Jul 1994 16:53:20 +0000\r\n"
              "\r\n"
              "Final-Recipient: rfc822; bob@example.net\r\n"
              "Action: delayed\r\n"
              "Status: 4.2.2\r\n"
              "Remote-MTA: dns; mx.example.net ([192.0.2.1])\r\n"
              "Diagnostic-Code: smtp; 452 4.2.2 Mailbox full\r\n"
              "Last-Attempt-Date: Thu, 7 Jul 1994 21:15:49 +0000\r\n"
              "Final-Log-ID: 01ABC\r\n"
              "Will-Retry-Until: Tue, 12 Jul 1994 08:00:00 +0000\r\n");
}

TEST(DeliveryStatus, EnvelopeIdAndOriginalRecipientStandOnlyWhereTheyWereGiven) {
    const std::string text = one({.address = "a@x"});
    EXPECT_EQ(text.find("Original-"), std::string::npos) << "RFC 3461 §6.3: MUST NOT";
    EXPECT_TRUE(has_line(one({.address = "a@x"}, {.envelope_id = ""}), "Original-Envelope-Id: "));
}

TEST(DeliveryStatus, OnlyADelayHasAnEnd) {
    EXPECT_EQ(one({.address = "a@x", .action = Action::failed, .retry_until = 1}).find("Will-Retry"),
              std::string::npos);
}

TEST(DeliveryStatus, WhatWasFoundHereIsNoAnswerOfSmtp) {
    EXPECT_TRUE(has_line(one({.address = "a@x", .reason = "No route to host"}),
                         "Diagnostic-Code: x-posthouse; No route to host"));
}

TEST(DeliveryStatus, AServerWithoutANameIsNamedByItsAddress) {
    EXPECT_TRUE(has_line(one({.address = "a@x", .remote_address = "192.0.2.1"}), "Remote-MTA: dns; [192.0.2.1]"));
}

TEST(DeliveryStatus, EachRecipientHasABlock) {
    const std::vector<Recipient> recipients = {{.address = "a@x"}, {.address = "b@x", .action = Action::delivered}};
    const std::string text = delivery_status(kReporter, {}, recipients, StatusForm::seven_bit);
    EXPECT_NE(text.find("Status: 5.0.0\r\n\r\nFinal-Recipient: rfc822; b@x\r\nAction: delivered\r\nStatus: 2.0.0\r\n"),
              std::string::npos);
}

TEST(DeliveryStatus, Utf8AddressesAreEscapedInTheSevenBitForm) {
    const Recipient recipient{.address = "jörg@bücher.example",
                              .original = OriginalRecipient{"rfc822", "jörg@bücher.example"},
                              .answer = "550 Kein Postfach für jörg"};
    const std::string text = one(recipient);
    EXPECT_TRUE(ascii::is_ascii(text));
    EXPECT_TRUE(has_line(text, "Original-Recipient: utf-8; j\\x{F6}rg@b\\x{FC}cher.example"));
    EXPECT_TRUE(has_line(text, "Final-Recipient: utf-8; j\\x{F6}rg@b\\x{FC}cher.example"));
    EXPECT_TRUE(has_line(text, "Diagnostic-Code: smtp; 550 Kein Postfach f?r j?rg"));
}

TEST(DeliveryStatus, Utf8AddressesStandAsTheyAreInTheGlobalForm) {
    const Recipient recipient{.address = "jörg@bücher.example",
                              .original = OriginalRecipient{"utf-8", "jörg+post@bücher.example"},
                              .answer = "550 Kein Postfach für jörg"};
    const std::string text = one(recipient, {}, StatusForm::utf8);
    EXPECT_TRUE(has_line(text, "Original-Recipient: utf-8; jörg+post@bücher.example"));
    EXPECT_TRUE(has_line(text, "Final-Recipient: utf-8; jörg@bücher.example"));
    EXPECT_TRUE(has_line(text, "Diagnostic-Code: smtp; 550 Kein Postfach für jörg"));
}

TEST(DeliveryStatus, NothingOfAStrangerBecomesAFieldOrARecipient) {
    const std::string evil = "x\r\nAction: delivered\r\n\r\nFinal-Recipient: rfc822; other@example.org";
    const Message message{.envelope_id = evil, .received_from = evil, .received_address = evil, .id = evil};
    const Recipient recipient{.address = evil,
                              .original = OriginalRecipient{evil, evil},
                              .status = evil,
                              .remote_host = evil,
                              .remote_address = evil,
                              .answer = evil,
                              .reason = evil};
    for (const StatusForm form : {StatusForm::seven_bit, StatusForm::utf8}) {
        const std::string text = one(recipient, message, form);
        EXPECT_EQ(text.find("\r\nAction: delivered"), std::string::npos);
        EXPECT_EQ(text.find("\r\n\r\n"), text.rfind("\r\n\r\n")) << "one block";
        EXPECT_EQ(text.find("\r\nFinal-Recipient"), text.rfind("\r\nFinal-Recipient"));
    }
}

TEST(DeliveryStatus, AnAnswerWithoutEndIsCut) {
    const std::string text = one({.address = "a@x", .answer = "550 " + std::string(100000, 'x')});
    EXPECT_LT(text.size(), max_answer + 500);
}

}  // namespace
}  // namespace posthouse::dsn
