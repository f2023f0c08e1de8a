// Trace fields: RFC 5321 §4.4, RFC 3848, RFC 5322 §3.3.
#include "lib/smtp/trace.h"

#include <gtest/gtest.h>

namespace posthouse::smtp {
namespace {

TEST(Date, IsThatOfRfc5322AppendixA11) { EXPECT_EQ(format_date(880127706, -360), "Fri, 21 Nov 1997 09:55:06 -0600"); }

TEST(Date, KnowsLeapDaysEpochAndOffsets) {
    EXPECT_EQ(format_date(0), "Thu, 1 Jan 1970 00:00:00 +0000");
    EXPECT_EQ(format_date(951782400), "Tue, 29 Feb 2000 00:00:00 +0000");
    EXPECT_EQ(format_date(-1, 330), "Thu, 1 Jan 1970 05:29:59 +0530");
}

TEST(Date, ClampsWhatNoYearHasDigitsFor) {
    EXPECT_EQ(format_date(INT64_MAX), "Fri, 31 Dec 9999 23:59:59 +0000");
    EXPECT_EQ(format_date(INT64_MIN, -60), "Sat, 1 Jan 0000 00:00:00 -0100");
}

TEST(Protocol, IsNamedAsRfc3848Says) {
    EXPECT_EQ(with_protocol({.extended = false}), "SMTP");
    EXPECT_EQ(with_protocol({}), "ESMTP");
    EXPECT_EQ(with_protocol({.tls = true}), "ESMTPS");
    EXPECT_EQ(with_protocol({.authenticated = true}), "ESMTPA");
    EXPECT_EQ(with_protocol({.tls = true, .authenticated = true}), "ESMTPSA");
    EXPECT_EQ(with_protocol({.lmtp = true}), "LMTP");
    EXPECT_EQ(with_protocol({.lmtp = true, .tls = true, .authenticated = true}), "LMTPSA");
    EXPECT_EQ(with_protocol({.tls = true, .utf8 = true}), "UTF8SMTPS");
}

Received example() {
    return {.helo = "bar.com",
            .client_name = "mx.bar.com",
            .client_address = "192.0.2.7",
            .by = "foo.com",
            .id = "01ABC",
            .transmission = {.tls = true},
            .tls_version = "TLSv1.3",
            .tls_cipher = "TLS_AES_256_GCM_SHA384",
            .recipient = "Jones@foo.com",
            .time = 0};
}

TEST(Received, NamesClientProtocolIdAndRecipient) {
    EXPECT_EQ(received_field(example()),
              "Received: from bar.com (mx.bar.com [192.0.2.7])\r\n"
              "\t(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384)\r\n"
              "\tby foo.com with ESMTPS id 01ABC\r\n"
              "\tfor <Jones@foo.com>;\r\n"
              "\tThu, 1 Jan 1970 00:00:00 +0000\r\n");
}

TEST(Received, LeavesOutWhatIsNotKnown) {
    Received received = example();
    received.client_name.clear();
    received.client_address = "2001:db8::1";
    received.transmission = {};
    received.tls_version.clear();
    received.recipient.clear();
    EXPECT_EQ(received_field(received),
              "Received: from bar.com ([IPv6:2001:db8::1])\r\n"
              "\tby foo.com with ESMTP id 01ABC;\r\n"
              "\tThu, 1 Jan 1970 00:00:00 +0000\r\n");
}

TEST(Received, AStrangersNameCannotForgeTheField) {
    Received received = example();
    received.helo = "evil (mx [192.0.2.9])\r\nX: y;\xff";
    const std::string field = received_field(received);
    EXPECT_TRUE(field.starts_with("Received: from evil??mx?[192.0.2.9]???X:?y?? (mx.bar.com [192.0.2.7])\r\n\t"))
        << field;
    received.helo = std::string(5000, 'a');
    EXPECT_LT(received_field(received).size(), 700u);
}

TEST(ReturnPath, HoldsTheReversePath) {
    EXPECT_EQ(return_path_field(std::nullopt), "Return-Path: <>\r\n");
    EXPECT_EQ(return_path_field(Mailbox{"a b", "c.example"}), "Return-Path: <\"a b\"@c.example>\r\n");
}

TEST(ReceivedCounter, CountsInTheHeaderOnly) {
    constexpr std::string_view content =
        "Received: a\r\n b\r\nreceived: c\r\nX-Received: d\r\nReceived-SPF: e\r\n\r\nReceived: f\r\n";
    for (std::size_t piece = 1; piece <= content.size(); ++piece) {
        ReceivedCounter counter;
        for (std::size_t at = 0; at < content.size(); at += piece) counter.feed(content.substr(at, piece));
        EXPECT_EQ(counter.count(), 2) << piece;
    }
}

}  // namespace
}  // namespace posthouse::smtp
