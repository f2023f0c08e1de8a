// Tests of lib/imap/envelope_text.h.
#include "lib/imap/envelope_text.h"

#include <gtest/gtest.h>

#include "lib/imap/envelope.h"

namespace posthouse::imap {
namespace {

std::optional<std::string> text_of(std::string_view message, EnvelopeText wanted) {
    return envelope_text(envelope(message), wanted).value();
}

// RFC 9051 §8.
TEST(EnvelopeText, FieldsOfTheExampleOfTheRfc) {
    const std::string_view message =
        "Date: Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\n"
        "From: Terry Gray <gray@cac.washington.edu>\n"
        "Subject: IMAP4rev2 WG mtg summary and minutes\n"
        "To: imap@cac.washington.edu\n"
        "cc: minutes@CNRI.Reston.VA.US, John Klensin <KLENSIN@MIT.EDU>\n"
        "Message-Id: <B27397-0100000@cac.washington.ed>\n\n";
    EXPECT_EQ(text_of(message, EnvelopeText::subject), "IMAP4rev2 WG mtg summary and minutes");
    EXPECT_EQ(text_of(message, EnvelopeText::from), "Terry Gray <gray@cac.washington.edu>");
    EXPECT_EQ(text_of(message, EnvelopeText::to), "imap@cac.washington.edu");
    EXPECT_EQ(text_of(message, EnvelopeText::cc), "minutes@CNRI.Reston.VA.US, John Klensin <KLENSIN@MIT.EDU>");
    EXPECT_EQ(text_of(message, EnvelopeText::message_id), "<B27397-0100000@cac.washington.ed>");
    EXPECT_EQ(text_of(message, EnvelopeText::bcc), std::nullopt);
    EXPECT_EQ(text_of(message, EnvelopeText::in_reply_to), std::nullopt);
}

TEST(EnvelopeText, EncodedWordsLiteralsAndGroupsAreRead) {
    const std::string_view message =
        "Subject: =?utf-8?q?=C3=84pfel?= \"and\" pears\nFrom: =?utf-8?q?J=C3=BCrgen?= <j@example.org>\n"
        "To: Friends: a@example.org, B <b@example.org>;\nIn-Reply-To: <\xc3\xa4@x>\n\n";
    EXPECT_EQ(text_of(message, EnvelopeText::subject), "Äpfel \"and\" pears");
    EXPECT_EQ(text_of(message, EnvelopeText::from), "Jürgen <j@example.org>");
    EXPECT_EQ(text_of(message, EnvelopeText::to), "Friends:, a@example.org, B <b@example.org>");
    EXPECT_EQ(text_of(message, EnvelopeText::in_reply_to), "<ä@x>");
}

TEST(EnvelopeText, WhatIsNoEnvelopeIsRefused) {
    const std::string whole = envelope("Subject: s\nMessage-ID: <m@x>\n\n");
    for (std::size_t size = 0; size < whole.find("<m@x>"); ++size)
        EXPECT_FALSE(envelope_text(std::string_view(whole).substr(0, size), EnvelopeText::message_id)) << size;
    EXPECT_FALSE(envelope_text("(((((((((", EnvelopeText::from));
}

TEST(EnvelopeText, FieldsAreNamedInAnyCase) {
    EXPECT_EQ(envelope_text_named("MESSAGE-id"), EnvelopeText::message_id);
    EXPECT_EQ(envelope_text_named("Sender"), std::nullopt);
}

}  // namespace
}  // namespace posthouse::imap
