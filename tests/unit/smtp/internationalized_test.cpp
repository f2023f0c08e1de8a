// Internationalised domains and headers: RFC 5891, RFC 6531.
#include "lib/smtp/internationalized.h"

#include <gtest/gtest.h>

#include <vector>

namespace posthouse::smtp {
namespace {

TEST(Internationalized, DomainsGoToALabels) {
    EXPECT_EQ(to_a_labels("B\u00DCCHER.example"), "xn--bcher-kva.example");
    EXPECT_EQ(to_a_labels("stra\u00DFe.example"), "xn--strae-oqa.example");
    EXPECT_EQ(to_a_labels("Example.COM"), "example.com");
}

TEST(Internationalized, WhatHasNoOtherFormIsNotMadeUp) {
    EXPECT_FALSE(to_a_labels("\u00FC\xff.example"));
    EXPECT_FALSE(to_a_labels("\u202E.example"));
    EXPECT_FALSE(to_a_labels(std::string(5000, 'a') + "\u00FC"));
    EXPECT_EQ(to_a_labels(""), "");
    EXPECT_EQ(ascii_domain("B\u00DCCHER.example"), "xn--bcher-kva.example");
    EXPECT_EQ(ascii_domain("\u202E.example"), "\u202E.example") << "there is no such form";
    EXPECT_EQ(to_text(std::nullopt), "");
    EXPECT_EQ(to_text(Mailbox{"a>b", "x.example"}), "\"a>b\"@x.example");
}

TEST(Internationalized, AnAddressWithAnAsciiLocalPartHasAnAsciiForm) {
    EXPECT_EQ(to_ascii(Mailbox{"joe", "bücher.example"}), (Mailbox{"joe", "xn--bcher-kva.example"}));
    EXPECT_EQ(to_ascii(Mailbox{"joe", "[IPv6:2001:db8::1]"}), (Mailbox{"joe", "[IPv6:2001:db8::1]"}));
    EXPECT_EQ(to_ascii(Mailbox{"jürgen", "b.example"}).error().code, ErrorCode::unsupported);
}

TEST(Internationalized, HeadersInUtf8NeedTheExtension) {
    EXPECT_FALSE(has_utf8_header("Subject: x\r\n\r\n"));
    EXPECT_TRUE(has_utf8_header("From: a@b.example\r\nSubject: gr\u00FC\u00DFe\r\n\r\n"));
    EXPECT_FALSE(has_utf8_header("Subject: gr\xfc\xdf\x65\r\n\r\n"));  // Latin-1 is legal nowhere
    EXPECT_TRUE(has_utf8_header("Subject: gr\xfc\xdf\x65\r\nTo: \u00FC@b.example"));
    EXPECT_FALSE(has_utf8_header(""));
}

TEST(Internationalized, AMessageNeedsTheExtensionForAddressesOrHeader) {
    const std::vector<Mailbox> plain{{"a", "b.example"}, {"c", "bücher.example"}};
    const std::vector<Mailbox> local{{"a", "b.example"}, {"ü", "b.example"}};
    constexpr std::string_view header = "Subject: x\r\n\r\n";
    EXPECT_FALSE(needs_smtputf8(std::nullopt, plain, header));
    EXPECT_TRUE(needs_smtputf8(std::nullopt, local, header));
    EXPECT_TRUE(needs_smtputf8(Mailbox{"ü", "b.example"}, plain, header));
    EXPECT_FALSE(needs_smtputf8(Mailbox{"u", "bücher.example"}, plain, header));
    EXPECT_TRUE(needs_smtputf8(std::nullopt, plain, "Subject: ü\r\n\r\n"));
}

}  // namespace
}  // namespace posthouse::smtp
