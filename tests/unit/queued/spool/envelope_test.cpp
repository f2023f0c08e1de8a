// Envelopes: all that is known of a message comes back from its text, and nothing else is taken for one.
#include "queued/spool/envelope.h"

#include "queued/spool/fields.h"
#include "tests/unit/queued/spool/spool_folder.h"

namespace posthouse::spool {
namespace {

Envelope full_envelope() {
    Envelope envelope = envelope_to({"bob@example.net", "\"with space\"@example.com", "grüße@пример.example"});
    envelope.id = "01HFD2T3X4Y5Z6A7";
    envelope.envelope_id = "QQ 314159=%\n";
    envelope.ret = smtp::DsnReturn::headers;
    envelope.body = smtp::Body::eight_bit_mime;
    envelope.smtputf8 = true;
    envelope.require_tls = true;
    envelope.tls_optional = true;
    envelope.priority = -9;
    envelope.hold_until = 1'700'003'600;
    envelope.deliver_by = DeliverBy{1'700'007'200, DeliverBy::Mode::return_message, true};
    envelope.untried = true;
    envelope.client = {"2001:db8::1", "mail.example.org", "anna@example.org"};
    envelope.recipients[0].sender = mailbox("SRS0=abc=de=example.org=anna@example.net");
    envelope.recipients[0].original = OriginalRecipient{"rfc822", "Bob@Example.NET"};
    envelope.recipients[0].notify = smtp::DsnNotify{.success = true, .failure = true, .delay = true};
    envelope.recipients[0].transport = "smtp:[relay.example.net]:587";
    envelope.recipients[0].require_tls = true;
    envelope.recipients[1].sender = smtp::ReversePath();
    envelope.recipients[1].notify = smtp::DsnNotify{};
    return envelope;
}

TEST(Envelope, ItsTextIsReadable) {
    EXPECT_EQ(to_text(full_envelope()),
              "id=01HFD2T3X4Y5Z6A7\n"
              "arrived=1700000000\n"
              "sender=anna@example.org\n"
              "envid=QQ 314159=%25%0A\n"
              "ret=HDRS\n"
              "body=8BITMIME\n"
              "smtputf8=yes\n"
              "requiretls=yes\n"
              "tls-required=no\n"
              "priority=-9\n"
              "hold-until=1700003600\n"
              "deliver-by=1700007200;RT\n"
              "untried=yes\n"
              "client.address=2001:db8::1\n"
              "client.helo=mail.example.org\n"
              "client.user=anna@example.org\n"
              "recipient=bob@example.net\n"
              "recipient.sender=SRS0=abc=de=example.org=anna@example.net\n"
              "recipient.original=rfc822;Bob@Example.NET\n"
              "recipient.notify=SUCCESS,FAILURE,DELAY\n"
              "recipient.transport=smtp:[relay.example.net]:587\n"
              "recipient.requiretls=yes\n"
              "recipient=\"with space\"@example.com\n"
              "recipient.sender=\n"
              "recipient.notify=NEVER\n"
              "recipient=grüße@пример.example\n");
}

TEST(Envelope, ComesBackFromItsText) {
    const Envelope full = full_envelope();
    EXPECT_EQ(parse_envelope(to_text(full)).value(), full);
    Envelope bare = envelope_to({"bob@example.net"});
    bare.sender.reset();
    EXPECT_EQ(parse_envelope(to_text(bare)).value(), bare);
    Envelope later = bare;
    later.deliver_by = DeliverBy{5, DeliverBy::Mode::notify, false};
    later.priority = 9;
    EXPECT_EQ(parse_envelope(to_text(later)).value(), later);
}

TEST(Envelope, TakesAThousandRecipientsAndNoMore) {
    Envelope envelope = envelope_to({});
    for (std::size_t i = 0; i < max_recipients; ++i)
        envelope.recipients.push_back({.address = mailbox("user" + std::to_string(i) + "@example.net")});
    EXPECT_EQ(parse_envelope(to_text(envelope)).value(), envelope);
    envelope.recipients.push_back({.address = mailbox("onemore@example.net")});
    EXPECT_EQ(parse_envelope(to_text(envelope)).error().code, ErrorCode::limit);
}

TEST(Envelope, WhatIsCutOffIsNone) {
    const std::string text = to_text(full_envelope());
    const std::size_t first_whole = text.find("recipient=bob@example.net\n") + 26;
    for (std::size_t size = 0; size < text.size(); ++size) {
        const bool ends_a_line = size > 0 && text[size - 1] == '\n';
        EXPECT_EQ(parse_envelope(text.substr(0, size)).has_value(), ends_a_line && size >= first_whole) << size;
    }
}

TEST(Envelope, WhatMakesNoSenseIsRefused) {
    const std::string head = "id=01HFD2T3X4Y5Z6A7\narrived=1\nsender=\n";
    const std::string recipient = "recipient=bob@example.net\n";
    ASSERT_TRUE(parse_envelope(head + recipient));
    for (const std::string& text :
         std::vector<std::string>{recipient,
                                  "arrived=1\nsender=\n" + recipient,
                                  head,
                                  head + "sender=\n" + recipient,
                                  head + "\n" + recipient,
                                  head + "ret=full\n" + recipient,
                                  head + "body=7BIT\n" + recipient,
                                  head + "smtputf8=no\n" + recipient,
                                  head + "priority=10\n" + recipient,
                                  head + "priority=-0\n" + recipient,
                                  head + "priority=+1\n" + recipient,
                                  head + "hold-until=-1\n" + recipient,
                                  head + "hold-until=01\n" + recipient,
                                  head + "hold-until=253402300800\n" + recipient,
                                  head + "deliver-by=1\n" + recipient,
                                  head + "deliver-by=1;X\n" + recipient,
                                  head + "deliver-by=1;NTT\n" + recipient,
                                  head + "envid=\n" + recipient,
                                  head + "envid=" + std::string(101, 'x') + "\n" + recipient,
                                  head + "client.helo=a\tb\n" + recipient,
                                  head + "client.helo=a%0\n" + recipient,
                                  head + "client.helo=a%0a\n" + recipient,
                                  head + "client.helo=%\n" + recipient,
                                  head + "recipient=\n",
                                  head + "recipient=bob\n",
                                  head + "recipient=bob@example.net>\n",
                                  head + recipient + "recipient.notify=\n",
                                  head + recipient + "recipient.notify=SUCCESS,NEVER\n",
                                  head + recipient + "recipient.notify=DELAY,DELAY\n",
                                  head + recipient + "recipient.original=rfc822\n",
                                  head + recipient + "recipient.original=;a\n",
                                  head + recipient + "recipient.original=rfc822;\n",
                                  head + recipient + "recipient.transport=" + std::string(1025, 'x') + "\n",
                                  head + recipient + "recipient.sender=nobody\n",
                                  head + recipient + "recipient.notify=NEVER\nrecipient.notify=NEVER\n",
                                  head + "client.helo=" + std::string(max_value_bytes + 1, 'x') + "\n" + recipient}) {
        const Result<Envelope> parsed = parse_envelope(text);
        ASSERT_FALSE(parsed) << text;
        EXPECT_TRUE(parsed.error().code == ErrorCode::invalid || parsed.error().code == ErrorCode::limit) << text;
    }
}

TEST(Envelope, AFieldOfALaterVersionIsNotPassedOver) {
    const std::string text = "id=01HFD2T3X4Y5Z6A7\narrived=1\nsender=\nsecrecy=high\nrecipient=bob@example.net\n";
    EXPECT_EQ(parse_envelope(text).error().code, ErrorCode::unsupported);
}

}  // namespace
}  // namespace posthouse::spool
