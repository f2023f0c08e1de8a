// Tests of lib/imap/envelope.h.
#include "lib/imap/envelope.h"

#include <gtest/gtest.h>

namespace posthouse::imap {
namespace {

// RFC 9051 §8.
TEST(Envelope, TheExampleOfTheRfc) {
    const std::string_view message =
        "Date: Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\n"
        "From: Terry Gray <gray@cac.washington.edu>\n"
        "Subject: IMAP4rev2 WG mtg summary and minutes\n"
        "To: imap@cac.washington.edu\n"
        "cc: minutes@CNRI.Reston.VA.US, John Klensin <KLENSIN@MIT.EDU>\n"
        "Message-Id: <B27397-0100000@cac.washington.ed>\n"
        "MIME-Version: 1.0\n"
        "Content-Type: TEXT/PLAIN; CHARSET=US-ASCII\n"
        "\n";
    EXPECT_EQ(envelope(message),
              "(\"Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\" \"IMAP4rev2 WG mtg summary and minutes\" "
              "((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\")) "
              "((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\")) "
              "((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\")) "
              "((NIL NIL \"imap\" \"cac.washington.edu\")) "
              "((NIL NIL \"minutes\" \"CNRI.Reston.VA.US\")(\"John Klensin\" NIL \"KLENSIN\" \"MIT.EDU\")) "
              "NIL NIL \"<B27397-0100000@cac.washington.ed>\")");
}

TEST(Envelope, WhatIsMissingIsNilAndWhatIsEmptyIsEmpty) {
    EXPECT_EQ(envelope("\nbody"), "(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)");
    EXPECT_EQ(envelope("Subject:\nTo:\n\n"), "(NIL \"\" NIL NIL NIL NIL NIL NIL NIL NIL)");
}

TEST(Envelope, SenderAndReplyToAreFromOnlyWhereTheyAreEmpty) {
    EXPECT_EQ(envelope("From: a@x\nSender: s@x\nReply-To: \n\n"),
              "(NIL NIL ((NIL NIL \"a\" \"x\")) ((NIL NIL \"s\" \"x\")) ((NIL NIL \"a\" \"x\")) NIL NIL NIL NIL NIL)");
}

TEST(Envelope, AGroupHasAStartAndAnEnd) {
    EXPECT_EQ(envelope("To: team: a@x;, b@x\n\n"),
              "(NIL NIL NIL NIL NIL ((NIL NIL \"team\" NIL)(NIL NIL \"a\" \"x\")(NIL NIL NIL NIL)"
              "(NIL NIL \"b\" \"x\")) NIL NIL NIL NIL)");
    EXPECT_EQ(envelope("To: undisclosed-recipients:;\n\n"),
              "(NIL NIL NIL NIL NIL ((NIL NIL \"undisclosed-recipients\" NIL)(NIL NIL NIL NIL)) NIL NIL NIL NIL)");
}

TEST(Envelope, AnAddressWithoutMailboxOrDomainDoesNotLookLikeAGroup) {
    EXPECT_EQ(envelope("Cc: root, Mary Smith, <@a:b@c>\n\n"),
              "(NIL NIL NIL NIL NIL NIL ((NIL NIL \"root\" \"MISSING_DOMAIN\")"
              "(\"Mary Smith\" NIL \"MISSING_MAILBOX\" \"MISSING_DOMAIN\")(NIL \"@a\" \"b\" \"c\")) NIL NIL NIL)");
}

TEST(Envelope, SubjectsAreOneLineAndOtherTextsOnlyUnfolded) {
    EXPECT_EQ(envelope("Subject:  a\r\n\tb  \t c \r\nIn-Reply-To: <a@b>\r\n  of  today\r\n\r\n"),
              "(NIL \"a b c\" NIL NIL NIL NIL NIL NIL \"<a@b>  of  today\" NIL)");
}

TEST(Envelope, WhatCannotBeQuotedIsALiteral) {
    EXPECT_EQ(envelope("Subject: gr\xC3\xBC\xC3\x9F"
                       "e \"x\"\n\n"),
              "(NIL {11}\r\ngr\xC3\xBC\xC3\x9F"
              "e \"x\" NIL NIL NIL NIL NIL NIL NIL NIL)");
    EXPECT_EQ(envelope("Subject: a \\ \"b\"\n\n"), "(NIL \"a \\\\ \\\"b\\\"\" NIL NIL NIL NIL NIL NIL NIL NIL)");
    EXPECT_EQ(envelope("Message-ID: a\rb\n\n"), "(NIL NIL NIL NIL NIL NIL NIL NIL NIL {3}\r\na\rb)");
}

TEST(Envelope, AddressesOfTwoFieldsAreJoinedAndOfTwoTextsTheLastCounts) {
    EXPECT_EQ(envelope("To: a@x\nSubject: one\nTo: b@x\nSubject: two\n\n"),
              "(NIL \"two\" NIL NIL NIL ((NIL NIL \"a\" \"x\")(NIL NIL \"b\" \"x\")) NIL NIL NIL NIL)");
}

}  // namespace
}  // namespace posthouse::imap
