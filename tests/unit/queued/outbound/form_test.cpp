// How a message goes to servers that offer more or less.
#include "queued/outbound/form.h"

#include <gtest/gtest.h>

namespace posthouse::queued {
namespace {

constexpr std::int64_t now = 1'800'000'000;

smtp::Mailbox box(const std::string& address) { return smtp::parse_mailbox(address, smtp::Utf8::allowed).value(); }

spool::Envelope envelope() {
    spool::Envelope out;
    out.sender = box("joe@example.org");
    out.recipients = {{.address = box("a@example.net")}};
    return out;
}

std::expected<Form, smtp::Reply> form_for(const spool::Envelope& envelope, const smtp::Capabilities& offered,
                                          std::uint64_t size = 100) {
    return fit(envelope, envelope.sender, size, envelope.require_tls, offered, now);
}

TEST(Form, WhatIsNotAskedForIsNotSaid) {
    EXPECT_EQ(form_for(envelope(), {})->message.parameters, smtp::MailParameters());
}

TEST(Form, SizeIsLookedAtBefore) {
    smtp::Capabilities offered;
    for (const std::uint64_t none : {0ull, 100ull}) {
        offered.size = none;
        EXPECT_TRUE(form_for(envelope(), offered));
    }
    offered.size = 99;
    EXPECT_EQ(form_for(envelope(), offered).error().status, "5.3.4");
}

TEST(Form, ContentIsEncodedForWhoDoesNotTakeIt) {
    smtp::Capabilities all;
    all.eightbitmime = all.binarymime = all.chunking = true;
    smtp::Capabilities eight;
    eight.eightbitmime = eight.binarymime = true;
    spool::Envelope message = envelope();
    message.body = smtp::Body::eight_bit_mime;
    EXPECT_EQ(form_for(message, eight)->message.parameters.body, smtp::Body::eight_bit_mime);
    EXPECT_EQ(form_for(message, eight)->downgrade, std::nullopt);
    EXPECT_EQ(form_for(message, {})->downgrade, mime::LineForm::seven_bit);
    EXPECT_EQ(form_for(message, {})->message.parameters.body, std::nullopt);
    message.body = smtp::Body::binary_mime;
    EXPECT_EQ(form_for(message, all)->message.parameters.body, smtp::Body::binary_mime);
    EXPECT_EQ(form_for(message, eight)->downgrade, mime::LineForm::eight_bit);
    EXPECT_EQ(form_for(message, eight)->message.parameters.body, smtp::Body::eight_bit_mime);
    EXPECT_EQ(form_for(message, {})->downgrade, mime::LineForm::seven_bit);
}

TEST(Form, Smtputf8IsUsedWhereItIsNeededAndOffered) {
    spool::Envelope message = envelope();
    smtp::Capabilities offered;
    offered.smtputf8 = true;
    EXPECT_FALSE(form_for(message, offered)->utf8);
    message.smtputf8 = true;
    EXPECT_TRUE(form_for(message, offered)->message.parameters.smtputf8);
    EXPECT_EQ(form_for(message, {})->look, Look::header);
    message.sender = box("\xC3\xBC@example.org");
    EXPECT_TRUE(form_for(message, offered));
    EXPECT_EQ(form_for(message, {}).error().status, "5.6.7");
    EXPECT_EQ(fit(spool::Recipient{.address = box("\xC3\xBC@example.org")}, false).error().status, "5.6.7");
    EXPECT_EQ(fit(spool::Recipient{.address = box("\xC3\xBC@example.org")}, true)->address,
              box("\xC3\xBC@example.org"));
    EXPECT_EQ(fit(spool::Recipient{.address = box("a@b\xC3\xBC"
                                                  "cher.example")},
                  false)
                  ->address,
              box("a@xn--bcher-kva.example"));
}

TEST(Form, TheTimeToDeliverIsKept) {
    spool::Envelope message = envelope();
    message.deliver_by =
        spool::DeliverBy{.at = now + 60, .mode = spool::DeliverBy::Mode::return_message, .trace = true};
    smtp::Capabilities offered;
    offered.deliver_by = 0;
    EXPECT_EQ(form_for(message, offered)->message.parameters.deliver_by,
              (smtp::DeliverBy{60, smtp::DeliverBy::Mode::return_message, true}));
    EXPECT_EQ(form_for(message, {}).error().status, "5.3.3");
    offered.deliver_by = 61;
    EXPECT_EQ(form_for(message, offered).error().status, "5.3.3");
    message.deliver_by->at = now;
    EXPECT_EQ(form_for(message, offered).error().status, "5.4.7");
    message.deliver_by = spool::DeliverBy{.at = now - 60, .mode = spool::DeliverBy::Mode::notify};
    EXPECT_EQ(form_for(message, offered)->message.parameters.deliver_by->seconds, -60);
    EXPECT_EQ(form_for(message, {})->message.parameters.deliver_by, std::nullopt);
}

TEST(Form, RequiretlsIsPassedOnOrNothingIs) {
    spool::Envelope message = envelope();
    message.require_tls = true;
    EXPECT_EQ(form_for(message, {}).error().status, "5.7.30");
    smtp::Capabilities offered;
    offered.requiretls = true;
    EXPECT_TRUE(form_for(message, offered)->message.parameters.require_tls);
}

TEST(FirstBatch, KeepsToTheServersLimits) {
    spool::Envelope message = envelope();
    for (const char* address : {"b@example.net", "c@example.com", "d@example.net"})
        message.recipients.push_back({.address = box(address)});
    const std::vector<std::uint32_t> all = {0, 1, 2, 3};
    EXPECT_EQ(first_batch(all, message, {}), all);
    EXPECT_EQ(first_batch(all, message, {.mail_max = {}, .rcpt_max = 2, .rcpt_domain_max = {}}), (std::vector<std::uint32_t>{0, 1}));
    EXPECT_EQ(first_batch(all, message, {.mail_max = {}, .rcpt_max = {}, .rcpt_domain_max = 1}), (std::vector<std::uint32_t>{0, 1, 3}));
    EXPECT_EQ(first_batch({2, 3}, message, {.mail_max = {}, .rcpt_max = {}, .rcpt_domain_max = 1}), (std::vector<std::uint32_t>{2}));
}

}  // namespace
}  // namespace posthouse::queued
