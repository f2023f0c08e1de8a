// Tests of the look-up of TLSA records, with a real server and signed zones.
#include "lib/dane/lookup.h"

#include <gtest/gtest.h>

#include "tests/unit/dns/asking.h"
#include "tests/unit/dns/running_nsd.h"

namespace posthouse::dane {
namespace {

TEST(DaneLookup, TheNameHasPortAndProtocol) {
    EXPECT_EQ(tlsa_name("mail.example.com", 25), "_25._tcp.mail.example.com");
}

/// "level base-domain" of a host, whose addresses are asked for first.
std::string found(dns::Asking& resolver, const std::string& host, bool mx_secure = true) {
    const auto addresses = resolver.wait(dns::find_addresses(*resolver, host, {}, dns::soon()));
    if (!addresses) return addresses.error().text();
    const Decision decision = resolver.wait(find(*resolver, *addresses, mx_secure, 25, dns::soon()));
    return std::string(to_string(decision.level)) + " " + decision.base_domain;
}

TEST(DaneLookup, FollowsTheRulesForSecureAndInsecureHosts) {
    dns::RunningNsd server;
    dns::Asking resolver(server.settings());
    EXPECT_EQ(found(resolver, "mx1.right.example"), "verify mx1.right.example");
    EXPECT_EQ(found(resolver, "mx2.right.example"), "none mx2.right.example");   // there are no records
    EXPECT_EQ(found(resolver, "mx.pkix.example"), "encrypt mx.pkix.example");    // none that is usable
    EXPECT_EQ(found(resolver, "mx.broken.example"), "defer mx.broken.example");  // they are bogus
    EXPECT_EQ(found(resolver, "mx.unsigned.example"), "none ");
    EXPECT_EQ(found(resolver, "mx1.right.example", false), "none ");  // named by unsigned MX records
}

TEST(DaneLookup, TheEndOfSecureAliasesIsAskedBeforeTheirBeginning) {
    dns::RunningNsd server;
    dns::Asking resolver(server.settings());
    EXPECT_EQ(found(resolver, "mx.moved.example"), "verify mx1.right.example");
    EXPECT_EQ(found(resolver, "mx.other.example"), "verify mx.other.example");
}

TEST(DaneLookup, ASecureAliasOfAnUnsignedHostIsAskedItself) {
    dns::RunningNsd server;
    dns::Asking resolver(server.settings());
    EXPECT_EQ(found(resolver, "mx.away.example"), "verify mx.away.example");
    EXPECT_EQ(found(resolver, "mx.open.example"), "none mx.open.example");
}

TEST(DaneLookup, WithoutValidationThereIsNoDane) {
    dns::RunningNsd server;
    dns::Settings settings = server.settings();
    settings.trust_anchor_file.clear();
    dns::Asking resolver(settings);
    EXPECT_EQ(found(resolver, "mx1.right.example"), "none ");
}

}  // namespace
}  // namespace posthouse::dane
