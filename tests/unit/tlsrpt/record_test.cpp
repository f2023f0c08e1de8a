// Tests of the TXT record that asks for TLS reports.
#include "lib/tlsrpt/record.h"

#include <gtest/gtest.h>

namespace posthouse::tlsrpt {
namespace {

Destinations mail(std::vector<smtp::Mailbox> mailboxes) { return {std::move(mailboxes), {}}; }

TEST(TlsrptRecord, NamesMailboxesAndUrls) {
    // RFC 8460 §3.1.1, §3.1.2
    EXPECT_EQ(parse_record("v=TLSRPTv1;rua=mailto:reports@example.com"), mail({{"reports", "example.com"}}));
    EXPECT_EQ(parse_record("v=TLSRPTv1; rua=https://reporting.example.com/v1/tlsrpt"),
              (Destinations{{}, {"https://reporting.example.com/v1/tlsrpt"}}));
    EXPECT_EQ(parse_record("v=TLSRPTv1; x=y; rua=mailto:a@example.com , https://b.example/?c ; z"),
              (Destinations{{{"a", "example.com"}}, {"https://b.example/?c"}}));
}

TEST(TlsrptRecord, AddressesAreDecodedAndTheirHeadersCutOff) {
    EXPECT_EQ(parse_record("v=TLSRPTv1; rua=mailto:a%2Cb%21@example.com?subject=x"), std::nullopt);  // no such address
    EXPECT_EQ(parse_record("v=TLSRPTv1; rua=MAILTO:a%21b@Example.com?subject=x"), mail({{"a!b", "example.com"}}));
}

TEST(TlsrptRecord, WhatMakesNoSenseIsReadOver) {
    EXPECT_EQ(parse_record("v=TLSRPTv1; rua=mailto:nobody,ftp://x.example,https://,mailto:%4,mailto:a@b.example"),
              mail({{"a", "b.example"}}));
    std::string many = "v=TLSRPTv1; rua=mailto:a@example.com";
    for (int i = 0; i < 20; ++i) many += ",mailto:a@example.com";
    EXPECT_EQ(parse_record(many)->mailboxes.size(), max_destinations);
}

TEST(TlsrptRecord, WithoutADestinationIsNone) {
    for (const char* text : {"", "v=TLSRPTv1", "v=TLSRPTv1;", "v=TLSRPTv1; rua=", "v=TLSRPTv2; rua=mailto:a@b.example",
                             "v=TLSRPTv1; RUA=mailto:a@b.example", "rua=mailto:a@b.example; v=TLSRPTv1",
                             "v=TLSRPTv1; rua=http://plain.example/"})
        EXPECT_EQ(parse_record(text), std::nullopt) << text;
}

TEST(TlsrptRecord, MustBeTheOnlyOneOfItsKind) {
    const std::string good = "v=TLSRPTv1; rua=mailto:a@b.example";
    EXPECT_TRUE(find_destinations({"v=spf1 -all", good}));
    EXPECT_EQ(find_destinations({good, good}), std::nullopt);
    EXPECT_EQ(find_destinations({"v=TLSRPTv12; rua=mailto:a@b.example"}), std::nullopt);
    EXPECT_EQ(find_destinations({}), std::nullopt);
}

}  // namespace
}  // namespace posthouse::tlsrpt
