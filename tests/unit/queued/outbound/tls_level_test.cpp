// Levels of TLS by destination.
#include "queued/outbound/tls_level.h"

#include <gtest/gtest.h>

namespace posthouse::queued {
namespace {

Hop hop(const std::string& next_hop) { return parse_route("smtp:" + next_hop, "")->hops.front(); }

TEST(TlsLevel, HasTheWordsOfPostfix) {
    for (const std::string_view word : {"none", "may", "encrypt", "dane", "dane-only", "verify"})
        EXPECT_EQ(to_string(parse_tls_level(word).value()), word);
    EXPECT_EQ(parse_tls_level("secure"), std::nullopt);
}

TEST(TlsLevel, TheStricterOneLetsLessGoOn) {
    EXPECT_EQ(stricter(TlsLevel::may, TlsLevel::dane), TlsLevel::dane);
    EXPECT_EQ(stricter(TlsLevel::encrypt, TlsLevel::dane), TlsLevel::encrypt);
    EXPECT_EQ(stricter(TlsLevel::verify, TlsLevel::none), TlsLevel::verify);
    EXPECT_EQ(stricter(TlsLevel::dane_only, TlsLevel::verify), TlsLevel::dane_only);
}

TEST(TlsPolicies, TheNearestEntryCounts) {
    TlsPolicies policies(TlsLevel::dane);
    for (const std::string_view entry : {"example.net=encrypt", ".example.net=may", "[mail.example.net]:587=verify",
                                         "b\xC3\xBC"
                                         "cher.example=none",
                                         ".org=dane-only"})
        ASSERT_TRUE(policies.add(entry)) << entry;
    EXPECT_EQ(policies.find(hop("Example.net")), TlsLevel::encrypt);
    EXPECT_EQ(policies.find(hop("[example.net]:26")), TlsLevel::encrypt);
    EXPECT_EQ(policies.find(hop("a.b.example.net")), TlsLevel::may);
    EXPECT_EQ(policies.find(hop("[mail.example.net]:587")), TlsLevel::verify);
    EXPECT_EQ(policies.find(hop("[mail.example.net]")), TlsLevel::may);
    EXPECT_EQ(policies.find(hop("xn--bcher-kva.example")), TlsLevel::none);
    EXPECT_EQ(policies.find(hop("a.org")), TlsLevel::dane_only);
    EXPECT_EQ(policies.find(hop("xexample.net")), std::nullopt);
    EXPECT_EQ(policies.find(hop("[192.0.2.1]")), std::nullopt);
}

TEST(TlsPolicies, WhatIsNoEntryIsRefused) {
    TlsPolicies policies;
    for (const std::string_view wrong :
         {"", "example.net", "example.net=", "example.net=secure", "=may", ".=may", "a b=may", "a,b=may", "a..b=may"})
        EXPECT_FALSE(policies.add(wrong)) << wrong;
    EXPECT_TRUE(policies.add("a.example=may"));
    EXPECT_EQ(policies.add("A.example=none").error().code, ErrorCode::exists);
}

}  // namespace
}  // namespace posthouse::queued
