// Reports as a whole: RFC 3461 §6, RFC 6522 §3, RFC 6533 §4, RFC 3834 §5.
#include "lib/dsn/report.h"

#include <gtest/gtest.h>

#include <vector>

#include "lib/base/ascii.h"
#include "lib/mime/header.h"
#include "lib/mime/transfer.h"

namespace posthouse::dsn {
namespace {

const Reporter kReporter{.host = "mail.example.org", .postmaster = "postmaster@example.org"};
const Message kMessage{.sender = "alice@example.org", .arrival = 1'790'000'000, .id = "01ABC"};
const Recipient kFailed{.address = "bob@example.net",
                        .action = Action::failed,
                        .status = "5.1.1",
                        .remote_host = "mx.example.net",
                        .remote_address = "192.0.2.1",
                        .answer = "550 5.1.1 <bob@example.net>: no such user",
                        .last_attempt = 1'790'000'100};
constexpr std::string_view kOriginal =
    "From: alice@example.org\r\nTo: bob@example.net\r\nSubject: Lunch\r\nMessage-ID: <lunch@example.org>\r\n\r\n"
    "At noon?\r\n";

Stamp stamp() {
    return {
        .now = 1'790'000'200, .message_id = "01DEF@mail.example.org", .boundary = make_boundary("0123456789abcdef")};
}

Content scan(std::string_view text) {
    ContentScanner scanner(stamp().boundary);
    scanner.feed(text);
    return scanner.finish(true);
}

/// As it is sent.
std::string send(const Report& report, std::string_view original) {
    std::string out = report.head;
    if (report.returned) {
        EXPECT_EQ(report.returned->size, original.size());
        ReturnedWriter writer(*report.returned);
        for (std::size_t at = 0; at < original.size(); at += 5) writer.feed(original.substr(at, 5), out);
        writer.finish(out);
    }
    return out + report.tail;
}

/// A part of the report: its fields, and its text without transfer encoding.
struct Part {
    std::string type;
    std::string encoding;
    std::string text;
};

/// Takes the report apart at its delimiters alone, as strictly as RFC 2046 §5.1.1 permits.
std::vector<Part> parts_of(const std::string& message) {
    std::vector<Part> parts;
    const std::string delimiter = "\r\n--" + stamp().boundary;
    std::size_t at = message.find(delimiter);
    while (at != std::string::npos && message.compare(at + delimiter.size(), 4, "--\r\n") != 0) {
        const std::size_t begin = at + delimiter.size() + 2;
        at = message.find(delimiter, begin);
        const std::string part = message.substr(begin, at - begin);
        const mime::Range header = mime::find_header(part);
        const auto text = [&](std::string_view name) {
            const auto field = mime::first_field(part, header, name);
            return field ? field->text() : std::string();
        };
        Part found{text("Content-Type"), text("Content-Transfer-Encoding"), part.substr(header.end)};
        if (found.encoding == "quoted-printable") found.text = mime::decode_quoted_printable(found.text);
        parts.push_back(found);
    }
    EXPECT_NE(at, std::string::npos) << "the last delimiter ends the report";
    if (at != std::string::npos) {
        EXPECT_EQ(at + delimiter.size() + 4, message.size());
    }
    return parts;
}

std::string header_field(const std::string& message, std::string_view name) {
    const auto fields = mime::all_fields(message, mime::find_header(message), name);
    return fields.size() == 1 ? fields[0].text() : std::to_string(fields.size()) + " fields";
}

std::vector<Part> report_parts(const Message& message, const Recipient& recipient, std::string_view original) {
    return parts_of(
        send(report_to_sender(kReporter, message, std::vector{recipient}, scan(original), stamp()), original));
}

TEST(DsnReport, HasTheHeaderOfAReport) {
    const Report report = report_to_sender(kReporter, kMessage, std::vector{kFailed}, scan(kOriginal), stamp());
    EXPECT_EQ(report.recipient, "alice@example.org");
    EXPECT_EQ(header_field(report.head, "From"), "Mail Delivery System <postmaster@example.org>");
    EXPECT_EQ(header_field(report.head, "To"), "<alice@example.org>");
    EXPECT_EQ(header_field(report.head, "Subject"), "Not delivered: your message to bob@example.net");
    EXPECT_EQ(header_field(report.head, "Date"), "Mon, 21 Sep 2026 14:16:40 +0000");
    EXPECT_EQ(header_field(report.head, "Message-ID"), "<01DEF@mail.example.org>");
    EXPECT_EQ(header_field(report.head, "In-Reply-To"), "<lunch@example.org>");
    EXPECT_EQ(header_field(report.head, "References"), "<lunch@example.org>");
    EXPECT_EQ(header_field(report.head, "Auto-Submitted"), "auto-replied");
    EXPECT_EQ(header_field(report.head, "MIME-Version"), "1.0");
    EXPECT_EQ(header_field(report.head, "Content-Type"),
              "multipart/report; report-type=delivery-status; boundary=\"=_0123456789abcdef\"");
}

TEST(DsnReport, TellsPeopleWhatHappenedToWhomWhyAndWhomToAsk) {
    const auto parts = report_parts(kMessage, kFailed, kOriginal);
    ASSERT_EQ(parts.size(), 3u);
    EXPECT_EQ(parts[0].type, "text/plain; charset=us-ascii");
    EXPECT_EQ(parts[0].encoding, "7bit");
    EXPECT_EQ(parts[0].text,
              "This is the mail system at mail.example.org.\r\n"
              "\r\n"
              "Your message could not be delivered to one recipient:\r\n"
              "\r\n"
              "  bob@example.net\r\n"
              "    The server mx.example.net [192.0.2.1] answered:\r\n"
              "      550 5.1.1 <bob@example.net>: no such user\r\n"
              "    There is no such mailbox. Please check the part of the address before\r\n"
              "    the @.\r\n"
              "\r\n"
              "It will not be tried again.\r\n"
              "\r\n"
              "The message:\r\n"
              "  Subject: Lunch\r\n"
              "  To: bob@example.net\r\n"
              "  Message-ID: <lunch@example.org>\r\n"
              "  Accepted here: Mon, 21 Sep 2026 14:13:20 +0000\r\n"
              "  Number in our log: 01ABC\r\n"
              "\r\n"
              "If you need help, please send this whole report to postmaster@example.org.\r\n"
              "Its other parts hold the details in a form for programs, and your message or\r\n"
              "its header.\r\n");
}

TEST(DsnReport, ADelaySaysUntilWhenItIsTried) {
    Recipient delayed = kFailed;
    delayed.action = Action::delayed;
    delayed.status = "4.4.1";
    delayed.answer.clear();
    delayed.reason = "Connection timed out";
    delayed.retry_until = 1'790'432'000;
    const auto parts = report_parts(kMessage, delayed, kOriginal);
    ASSERT_EQ(parts.size(), 3u);
    EXPECT_NE(parts[0].text.find("The server asked last: mx.example.net [192.0.2.1]\r\n    Connection timed out.\r\n"),
              std::string::npos);
    EXPECT_NE(parts[0].text.find("It is tried on, until Sat, 26 Sep 2026 14:13:20 +0000 at the latest. You\r\n"
                                 "need not send it again;"),
              std::string::npos);
    EXPECT_NE(parts[1].text.find("Will-Retry-Until: Sat, 26 Sep 2026 14:13:20 +0000\r\n"), std::string::npos);
}

TEST(DsnReport, MixedResultsAreToldInGroups) {
    std::vector<Recipient> recipients = {kFailed, {.address = "c@x", .action = Action::delivered}, kFailed};
    recipients[2].address = "d@x";
    const auto parts =
        parts_of(send(report_to_sender(kReporter, kMessage, recipients, scan(kOriginal), stamp()), kOriginal));
    ASSERT_EQ(parts.size(), 3u);
    const std::size_t failed = parts[0].text.find("could not be delivered to 2 recipients:");
    const std::size_t delivered = parts[0].text.find("was delivered to one recipient:");
    ASSERT_NE(failed, std::string::npos);
    ASSERT_NE(delivered, std::string::npos);
    EXPECT_LT(failed, parts[0].text.find("  d@x"));
    EXPECT_LT(parts[0].text.find("  d@x"), delivered);
}

TEST(DsnReport, AFailureReturnsTheWholeMessage) {
    for (const std::optional<smtp::DsnReturn> ret :
         {std::optional(smtp::DsnReturn::full), std::optional<smtp::DsnReturn>()}) {
        Message message = kMessage;
        message.ret = ret;
        const auto parts = report_parts(message, kFailed, kOriginal);
        ASSERT_EQ(parts.size(), 3u);
        EXPECT_EQ(parts[2].type, "message/rfc822");
        EXPECT_EQ(parts[2].encoding, "7bit");
        EXPECT_EQ(parts[2].text, kOriginal);
    }
}

TEST(DsnReport, RetHdrsReturnsTheHeader) {
    Message message = kMessage;
    message.ret = smtp::DsnReturn::headers;
    const auto parts = report_parts(message, kFailed, kOriginal);
    ASSERT_EQ(parts.size(), 3u);
    EXPECT_EQ(parts[2].type, "text/rfc822-headers");
    EXPECT_EQ(parts[2].text, kOriginal.substr(0, kOriginal.find("\r\n\r\n") + 2));
}

TEST(DsnReport, WithoutAFailureTheWholeMessageIsNeverReturned) {
    Message message = kMessage;
    message.ret = smtp::DsnReturn::full;
    for (const Action action : {Action::delayed, Action::delivered, Action::relayed, Action::expanded}) {
        const auto parts = report_parts(message, {.address = "bob@example.net", .action = action}, kOriginal);
        ASSERT_EQ(parts.size(), 3u);
        EXPECT_EQ(parts[2].type, "text/rfc822-headers");
    }
}

TEST(DsnReport, AMessageOverTheBoundReturnsAsItsHeader) {
    Message message = kMessage;
    message.ret = smtp::DsnReturn::full;
    Stamp small = stamp();
    small.max_returned = kOriginal.size() - 1;
    const Report report = report_to_sender(kReporter, message, std::vector{kFailed}, scan(kOriginal), small);
    EXPECT_FALSE(report.returned);
    EXPECT_NE(report.head.find("text/rfc822-headers"), std::string::npos);
}

TEST(DsnReport, OfContentThatIsLostNothingIsReturned) {
    const Report report = report_to_sender(kReporter, kMessage, std::vector{kFailed}, {}, stamp());
    EXPECT_FALSE(report.returned);
    EXPECT_EQ(parts_of(report.head + report.tail).size(), 2u);
}

TEST(DsnReport, EightBitContentGoesAsEightBit) {
    const std::string original =
        "Subject: x\r\n\r\nGr\xc3\xbc\xc3\x9f"
        "e\r\n";
    const Report report = report_to_sender(kReporter, kMessage, std::vector{kFailed}, scan(original), stamp());
    EXPECT_TRUE(report.eight_bit);
    const auto parts = parts_of(send(report, original));
    ASSERT_EQ(parts.size(), 3u);
    EXPECT_EQ(parts[2].type, "message/rfc822");
    EXPECT_EQ(parts[2].encoding, "8bit");
    EXPECT_EQ(parts[2].text, original);
}

TEST(DsnReport, ABrokenHeaderIsReturnedQuoted) {
    Message message = kMessage;
    message.ret = smtp::DsnReturn::headers;
    const std::string original =
        "Subject: Gr\xfc\xdf"
        "e\r\nX: " +
        std::string(2000, 'x') + "\r\n\r\n";
    const Report report = report_to_sender(kReporter, message, std::vector{kFailed}, scan(original), stamp());
    EXPECT_FALSE(report.eight_bit);
    const auto parts = parts_of(send(report, original));
    ASSERT_EQ(parts.size(), 3u);
    EXPECT_EQ(parts[2].type, "text/rfc822-headers");
    EXPECT_EQ(parts[2].encoding, "quoted-printable");
    EXPECT_EQ(parts[2].text, original.substr(0, original.size() - 2));
}

TEST(DsnReport, AnInternationalMessageHasTheTypesOfRfc6533) {
    Message message = kMessage;
    message.sender = "älice@example.org";
    message.smtputf8 = true;
    Recipient recipient = kFailed;
    recipient.address = "bøb@example.net";
    const std::string original = "From: älice@example.org\r\nSubject: Grüße\r\n\r\nGrüße, =20\r\n";
    const Report report = report_to_sender(kReporter, message, std::vector{recipient}, scan(original), stamp());
    EXPECT_TRUE(report.smtputf8);
    EXPECT_FALSE(report.eight_bit);
    EXPECT_EQ(header_field(report.head, "To"), "<älice@example.org>");
    EXPECT_EQ(header_field(report.head, "Subject"), "Not delivered: your message to one recipient");
    const std::string sent = send(report, original);
    const auto parts = parts_of(sent);
    ASSERT_EQ(parts.size(), 3u);
    EXPECT_EQ(parts[0].type, "text/plain; charset=utf-8");
    EXPECT_NE(parts[0].text.find("  Subject: Grüße\r\n"), std::string::npos);
    EXPECT_EQ(parts[1].type, "message/global-delivery-status");
    EXPECT_NE(parts[1].text.find("Final-Recipient: utf-8; bøb@example.net\r\n"), std::string::npos);
    EXPECT_EQ(parts[2].type, "message/global");
    EXPECT_EQ(parts[2].text, original);
    EXPECT_TRUE(ascii::is_ascii(sent.substr(sent.find("\r\n\r\n")))) << "only the header needs SMTPUTF8";
    message.ret = smtp::DsnReturn::headers;
    EXPECT_EQ(report_parts(message, recipient, original)[2].type, "message/global-headers");
}

TEST(DsnReport, AnInternationalMessageInAsciiHasTheOldTypes) {
    Message message = kMessage;
    message.smtputf8 = true;
    const auto parts = report_parts(message, kFailed, kOriginal);
    ASSERT_EQ(parts.size(), 3u);
    EXPECT_EQ(parts[1].type, "message/delivery-status");
    EXPECT_EQ(parts[2].type, "message/rfc822");
}

TEST(DsnReport, ToPostmasterTellsWhyItComes) {
    Message lost = kMessage;
    const Report report = report_to_postmaster(kReporter, lost, std::vector{kFailed}, scan(kOriginal), stamp());
    EXPECT_EQ(report.recipient, "postmaster@example.org");
    EXPECT_EQ(header_field(report.head, "To"), "<postmaster@example.org>");
    EXPECT_EQ(header_field(report.head, "Auto-Submitted"), "auto-generated");
    EXPECT_EQ(header_field(report.head, "Subject"), "For the postmaster: a message that neither arrived nor went back");
    auto parts = parts_of(send(report, kOriginal));
    ASSERT_EQ(parts.size(), 3u);
    EXPECT_NE(parts[0].text.find("its sender could not be told"), std::string::npos);
    EXPECT_NE(parts[0].text.find("Envelope sender: <alice@example.org>"), std::string::npos);
    EXPECT_EQ(parts[0].text.find("last of 100"), std::string::npos);
    lost.sender.clear();
    lost.remark = "This is the last of 100.";
    parts = parts_of(
        send(report_to_postmaster(kReporter, lost, std::vector{kFailed}, scan(kOriginal), stamp()), kOriginal));
    EXPECT_NE(parts[0].text.find("it has no sender"), std::string::npos);
    EXPECT_NE(parts[0].text.find("This is the last of 100."), std::string::npos);
}

TEST(DsnReport, ManyRecipientsAreBounded) {
    const std::vector<Recipient> recipients(max_recipients + 100, kFailed);
    const Report report = report_to_sender(kReporter, kMessage, recipients, scan(kOriginal), stamp());
    EXPECT_EQ(report.recipients, max_recipients);
    EXPECT_EQ(header_field(report.head, "Subject"), "Not delivered: your message to 1000 recipients");
    const auto parts = parts_of(send(report, kOriginal));
    ASSERT_EQ(parts.size(), 3u);
    EXPECT_NE(parts[0].text.find("  950 more, listed in the details below.\r\n"), std::string::npos);
    EXPECT_LT(parts[0].text.size(), 64u << 10);
}

TEST(DsnReport, NothingOfAStrangerBreaksOutOfItsPlace) {
    const std::string evil = "x\r\n\r\n--" + stamp().boundary + "--\r\n\r\nSubject: y\n--" + stamp().boundary + "\n";
    Message message{.sender = evil, .envelope_id = evil, .received_from = evil, .received_address = evil, .id = evil};
    message.ret = smtp::DsnReturn::headers;
    const Recipient recipient{.address = evil,
                              .original = OriginalRecipient{evil, evil},
                              .status = evil,
                              .remote_host = evil,
                              .remote_address = evil,
                              .answer = evil,
                              .reason = evil};
    const std::string original =
        "Subject: =?utf-8?Q?x=0D=0A--=3D=5F0123456789abcdef?=\r\n--=_0123456789abcdef\r\n"
        "Message-ID: <a b\r\n c@d>\r\n\r\n";
    const auto parts = report_parts(message, recipient, original);
    ASSERT_EQ(parts.size(), 3u);
    EXPECT_EQ(parts[2].encoding, "quoted-printable") << "it holds the delimiter";
    EXPECT_EQ(parts[2].text, original.substr(0, original.size() - 2));
    const Report report = report_to_sender(kReporter, message, std::vector{recipient}, scan(original), stamp());
    for (const char* name : {"From", "To", "Subject", "Message-ID", "Content-Type", "Auto-Submitted"}) {
        EXPECT_NE(header_field(report.head, name), "2 fields") << name;
    }
}

TEST(DsnReport, ContentThatHoldsTheDelimiterReturnsAsItsHeader) {
    const std::string original = "Subject: x\r\n\r\n--=_0123456789abcdef--\r\n";
    const auto parts = report_parts(kMessage, kFailed, original);
    ASSERT_EQ(parts.size(), 3u);
    EXPECT_EQ(parts[2].type, "text/rfc822-headers");
}

TEST(DsnReport, TheSubjectNamesWhatHappened) {
    const auto subject_of = [](Action action) {
        return subject(std::vector{Recipient{.address = "a@x", .action = action}}, Audience::sender);
    };
    EXPECT_EQ(subject_of(Action::delayed), "Delayed, still being tried: your message to a@x");
    EXPECT_EQ(subject_of(Action::delivered), "Delivered: your message to a@x");
    EXPECT_EQ(subject_of(Action::relayed), "Passed on: your message to a@x");
    EXPECT_EQ(subject(std::vector<Recipient>{{.address = "a@x"}, {.address = "b@x", .action = Action::delivered}},
                      Audience::sender),
              "Delivery report on your message to 2 recipients");
}

}  // namespace
}  // namespace posthouse::dsn
