// Tests of storage/summary.h and storage/summarise.h.
#include "storage/summary.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <string>

#include "lib/imap/bodystructure.h"
#include "lib/imap/envelope.h"
#include "lib/mime/collation.h"
#include "lib/mime/structure.h"
#include "lib/mime/wire.h"
#include "storage/summarise.h"

namespace posthouse::storage {
namespace {

MessageContent content_of(std::string_view stored) {
    UniqueFd file(::memfd_create("message", MFD_CLOEXEC));
    EXPECT_EQ(::write(file.get(), stored.data(), stored.size()), static_cast<ssize_t>(stored.size()));
    return {std::move(file), stored.size(), mime::wire_size(stored).octets};
}

MessageSummary records(std::string_view stored, SummaryParts parts = SummaryParts::both) {
    MessageContent content = content_of(stored);
    return Summariser().summarise(content, parts).value();
}

/// With the records that the views point into.
struct Summarised {
    explicit Summarised(std::string_view stored)
        : made(records(stored)), header(decode_header(made.header).value()), body(decode_body(made.body).value()) {}
    Summarised(const Summarised&) = delete;
    Summarised& operator=(const Summarised&) = delete;

    MessageSummary made;
    HeaderSummary header;
    BodySummary body;
};

constexpr std::string_view message =
    "Date: Mon, 23 Nov 2026 12:00:00 +0100\n"
    "From: =?utf-8?q?J=C3=BCrgen?= <juergen@example.org>, other@example.org\n"
    "To: friends: a@x, b@y;\nCc: \"Quoted \\\"One\\\"\" <c.c@example.com>\n"
    "Subject: Re: [list] Gr=?utf-8?q?=C3=BC?=\n =?utf-8?q?=C3=9Fe?=\n"
    "Message-ID: <\"own\"@example.org>\nIn-Reply-To: <parent@example.org>\n"
    "References: <root@example.org>\n <parent@example.org>\n"
    "Content-Type: multipart/mixed; boundary=x\n\n"
    "--x\nContent-Type: text/plain; charset=utf-8\n\nHello  there,\n\nBob.\n"
    "--x\nContent-Type: application/pdf\nContent-Disposition: attachment\n\nbinary\n--x--\n";

TEST(Summary, TheHeaderRecordHoldsEnvelopeKeysAndIds) {
    const Summarised summary(message);
    const std::string wire = mime::to_wire(message);
    EXPECT_EQ(summary.header.envelope, imap::envelope(wire));
    EXPECT_EQ(summary.header.header_size, wire.find("\r\n\r\n") + 4);
    ASSERT_TRUE(summary.header.sent);
    EXPECT_EQ(summary.header.sent->zone_minutes, 60);
    EXPECT_EQ(summary.header.sent->seconds, mime::seconds_of_day(2026, 11, 23) + 11 * 3600);
    EXPECT_EQ(summary.header.subject, mime::casemap_key("Grüße"));
    EXPECT_TRUE(summary.header.is_reply);
    EXPECT_EQ(summary.header.from, "JUERGEN");
    EXPECT_EQ(summary.header.to, "FRIENDS");
    EXPECT_EQ(summary.header.cc, "C.C");
    EXPECT_EQ(summary.header.display_from, mime::casemap_key("jürgen"));
    EXPECT_EQ(summary.header.display_to, "FRIENDS");
    EXPECT_EQ(summary.header.message_id, imap::message_id_hash("own@example.org"));
    ASSERT_EQ(summary.header.references.size(), 2U);
    EXPECT_EQ(summary.header.references[0], imap::message_id_hash("root@example.org"));
    EXPECT_EQ(summary.header.references[1], imap::message_id_hash("parent@example.org"));
}

TEST(Summary, TheBodyRecordHoldsStructureAndPreview) {
    const Summarised summary(message);
    const std::string wire = mime::to_wire(message);
    EXPECT_EQ(summary.body.bodystructure, imap::bodystructure(wire, mime::parse_structure(wire)));
    EXPECT_EQ(summary.body.preview, "Hello there, Bob.");
}

TEST(Summary, OnlyTheAskedRecordsAreMade) {
    EXPECT_EQ(records(message, SummaryParts::header).header, records(message).header);
    EXPECT_EQ(records(message, SummaryParts::header).body, "");
    EXPECT_EQ(records(message, SummaryParts::body).body, records(message).body);
    EXPECT_EQ(records(message, SummaryParts::body).header, "");
}

TEST(Summary, AnEmptyMessageHasOne) {
    for (const std::string_view empty : {"", "\n", "x", "\n\n"}) {
        const Summarised summary(empty);
        EXPECT_EQ(summary.header.envelope, "(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)");
        EXPECT_EQ(summary.header.sent, std::nullopt);
        EXPECT_EQ(summary.header.message_id, 0U);
        EXPECT_TRUE(summary.header.references.empty());
        EXPECT_EQ(summary.header.thread_seed, "");
        EXPECT_TRUE(summary.body.bodystructure);
        EXPECT_EQ(summary.body.preview, "");
    }
    EXPECT_EQ(Summarised("").header.header_size, 0U);
    EXPECT_EQ(Summarised("\nbody").header.header_size, 2U);
    EXPECT_EQ(Summarised("a: b").header.header_size, 4U);
}

TEST(Summary, AThreadSharesTheSeedOfItsRoot) {
    const auto seed = [](std::string_view header) { return std::string(Summarised(header).header.thread_seed); };
    const std::string root = seed("Message-ID: <root@x>\n\n");
    EXPECT_EQ(root.size(), 16U);
    EXPECT_EQ(seed("Message-ID: <b@x>\nIn-Reply-To: <\"root\"@x>\n\n"), root);
    EXPECT_EQ(seed("Message-ID: <c@x>\nIn-Reply-To: <b@x>\nReferences: <root@x> <b@x>\n\n"), root);
    EXPECT_NE(seed("Message-ID: <b@x>\n\n"), root);
}

TEST(Summary, WithoutReferencesTheFirstOfInReplyToCounts) {
    const Summarised summary("In-Reply-To: Your message of today <a@x> <b@x>\nReferences: none\n\n");
    ASSERT_EQ(summary.header.references.size(), 1U);
    EXPECT_EQ(summary.header.references[0], imap::message_id_hash("a@x"));
}

TEST(Summary, ASenderWithoutNameIsShownByAddress) {
    EXPECT_EQ(Summarised("From: <a@x.example>\n\n").header.display_from, "A@X.EXAMPLE");
    EXPECT_EQ(Summarised("Subject: none\n\n").header.display_from, "");
}

TEST(Summary, AHostileMessageMakesNoLargeRecord) {
    std::string header;
    for (const std::string_view name : {"From: ", "To: ", "Cc: ", "Subject: ", "Message-ID: <", "Date: "}) {
        header += name;
        for (int i = 0; i < 5000; ++i) header += "\xC3\xA4name@example,";
        header += "\n";
    }
    header += "References: ";
    for (int i = 0; i < 5000; ++i) header += "<" + std::to_string(i) + "@x>\n ";
    header += "\nContent-Type: multipart/mixed; boundary=x\n\n";
    for (int i = 0; i < 3000; ++i) header += "--x\nContent-Description: " + std::string(20, 'd') + "\n\n";
    const Summarised summary(header);
    EXPECT_LE(summary.made.header.size(), kMaxSummaryRecord);
    EXPECT_LE(summary.made.body.size(), kMaxSummaryRecord);
    EXPECT_EQ(summary.header.envelope, std::nullopt);
    EXPECT_EQ(summary.body.bodystructure, std::nullopt);
    EXPECT_EQ(summary.body.preview, "");
    ASSERT_EQ(summary.header.references.size(), kMaxSummaryReferences);
    EXPECT_EQ(summary.header.references[0], imap::message_id_hash("0@x"));
    EXPECT_EQ(summary.header.references[kMaxSummaryReferences - 1], imap::message_id_hash("4999@x"));
}

TEST(Summary, AHeaderWithoutEndHasNoSizeAndIsCut) {
    const Summarised summary("Subject: before\n" + std::string(3 << 20, 'x') + "\n\nbody");
    EXPECT_EQ(summary.header.header_size, std::nullopt);
    EXPECT_EQ(summary.header.subject, "BEFORE");
}

TEST(Summary, LongMessagesAreReadInPieces) {
    std::string stored = "Subject: " + std::string(20'000, 's') + "\nContent-Type: multipart/mixed; boundary=x\n\n";
    stored += "--x\n\n" + std::string(100'000, '\n') + "the text\n--x\nContent-Type: image/png\n\n";
    for (int i = 0; i < 10'000; ++i) stored += "line " + std::to_string(i) + "\n";
    stored += "--x--\n";
    const Summarised summary(stored);
    const std::string wire = mime::to_wire(stored);
    EXPECT_EQ(summary.header.header_size, wire.find("\r\n\r\n") + 4);
    EXPECT_EQ(summary.header.envelope, std::nullopt);
    EXPECT_EQ(summary.body.bodystructure, imap::bodystructure(wire, mime::parse_structure(wire)));
}

TEST(Summary, DamagedRecordsAreRefused) {
    const MessageSummary made = records(message);
    for (std::size_t size = 0; size < made.header.size(); ++size) {
        EXPECT_FALSE(decode_header(std::string_view(made.header).substr(0, size))) << size;
    }
    for (const std::size_t size : {0U, 1U, 2U, 3U}) EXPECT_FALSE(decode_body(made.body.substr(0, size)));
    EXPECT_FALSE(decode_header(made.header + "x"));
    EXPECT_FALSE(decode_header(made.body));
    EXPECT_FALSE(decode_body(made.header));
    EXPECT_FALSE(decode_header(std::string(kMaxSummaryRecord + 1, '\1')));
    std::string other_version = made.header;
    other_version[0] = 2;
    EXPECT_FALSE(decode_header(other_version));
}

TEST(Summary, WhatIsOverItsBoundIsLeftOutOrCut) {
    const std::string long_text(70'000, 'x');
    HeaderSummary header;
    header.envelope = header.subject = header.from = header.thread_seed = long_text;
    header.references = imap::MessageIdHashes(long_text);
    const std::string record = encode(header);
    const HeaderSummary again = decode_header(record).value();
    EXPECT_EQ(again.envelope, std::nullopt);
    EXPECT_EQ(again.subject, long_text.substr(0, kMaxSummaryKey));
    EXPECT_EQ(again.references.size(), kMaxSummaryReferences);
    BodySummary body;
    body.bodystructure = body.preview = long_text;
    const std::string body_record = encode(body);
    EXPECT_EQ(decode_body(body_record).value().bodystructure, std::nullopt);
    EXPECT_EQ(decode_body(body_record).value().preview, std::nullopt);
}

}  // namespace
}  // namespace posthouse::storage
