// Tests of what TLSA records ask for.
#include "lib/dane/decision.h"

#include <gtest/gtest.h>

#include "tests/unit/net/test_certificate.h"

namespace posthouse::dane {
namespace {

using dns::Tlsa;

Tlsa ee(std::string data = std::string(32, 'x')) { return {3, 1, 1, std::move(data)}; }

dns::Answer<Tlsa> answer(std::vector<Tlsa> records, dns::Dnssec dnssec = dns::Dnssec::secure) {
    dns::Answer<Tlsa> made;
    made.outcome = records.empty() ? dns::Outcome::no_data : dns::Outcome::records;
    made.dnssec = dnssec;
    made.records = std::move(records);
    return made;
}

Level level(const dns::Answer<Tlsa>& records) { return decide(records, "mx.example.org").level; }

TEST(DaneDecision, SecureUsableRecordsAreVerifiedBy) {
    const Decision decision = decide(answer({ee(), {1, 1, 1, std::string(32, 'y')}}), "mx.example.org");
    EXPECT_EQ(decision.level, Level::verify);
    EXPECT_EQ(decision.records, std::vector{ee()});
    EXPECT_EQ(decision.base_domain, "mx.example.org");
    EXPECT_EQ(decision.reason, "unusable TLSA records: 1 1 1");
}

TEST(DaneDecision, WithNothingButUnusableRecordsTlsIsMandatoryAllTheSame) {
    EXPECT_EQ(level(answer({{1, 1, 1, std::string(32, 'x')}})), Level::encrypt);
    EXPECT_EQ(level(answer({ee("short"), {0, 0, 1, std::string(32, 'x')}})), Level::encrypt);
}

TEST(DaneDecision, NoRecordsOrUnsignedOnesAskForNothing) {
    EXPECT_EQ(level(answer({})), Level::none);
    EXPECT_EQ(level(answer({}, dns::Dnssec::insecure)), Level::none);
    EXPECT_EQ(level(answer({ee()}, dns::Dnssec::insecure)), Level::none);
    dns::Answer<Tlsa> no_name = answer({});
    no_name.outcome = dns::Outcome::no_name;
    EXPECT_EQ(level(no_name), Level::none);
}

TEST(DaneDecision, AFailedOrBogusAnswerKeepsTheHostFromBeingUsed) {
    dns::Answer<Tlsa> failed;
    EXPECT_EQ(level(failed), Level::defer);
    failed.dnssec = dns::Dnssec::bogus;
    failed.reason = "signature expired";
    EXPECT_EQ(level(failed), Level::defer);
    EXPECT_EQ(decide(failed, "x").reason, "TLSA records: signature expired");
    EXPECT_EQ(level(answer(std::vector<Tlsa>(max_tlsa_records + 1, ee()))), Level::defer);
}

TEST(DaneUsable, TrustAnchorsAndEndEntitiesAreAndOthersAreNot) {
    const std::string digest(32, 'x');
    EXPECT_TRUE(usable({2, 0, 1, digest}));
    EXPECT_TRUE(usable({3, 1, 1, digest}));
    for (const int usage : {0, 1, 4, 255}) EXPECT_FALSE(usable({static_cast<std::uint8_t>(usage), 1, 1, digest}));
}

TEST(DaneUsable, SelectorAndMatchingTypeAreKnownAndTheDataFits) {
    EXPECT_TRUE(usable({3, 0, 2, std::string(64, 'x')}));
    EXPECT_FALSE(usable({3, 2, 1, std::string(32, 'x')}));
    EXPECT_FALSE(usable({3, 1, 3, std::string(32, 'x')}));
    EXPECT_FALSE(usable({3, 1, 1, std::string(31, 'x')}));
    EXPECT_FALSE(usable({3, 1, 2, std::string(32, 'x')}));
    EXPECT_FALSE(usable({3, 1, 1, ""}));
}

TEST(DaneUsable, WholeCertificatesAndKeysMustBeSome) {
    const net::Identity identity = net::make_certificate({.common_names = {"a.example"}});
    const auto der = [](auto* object, auto* write) {
        unsigned char* bytes = nullptr;
        const int size = write(object, &bytes);
        std::string out(reinterpret_cast<char*>(bytes), static_cast<std::size_t>(size));
        OPENSSL_free(bytes);
        return out;
    };
    const std::string certificate = der(identity.certificate.get(), &i2d_X509);
    const std::string key = der(identity.key.get(), &i2d_PUBKEY);
    EXPECT_TRUE(usable({3, 0, 0, certificate}));
    EXPECT_TRUE(usable({2, 1, 0, key}));
    EXPECT_FALSE(usable({3, 0, 0, key}));
    EXPECT_FALSE(usable({3, 0, 0, certificate + "x"}));
    EXPECT_FALSE(usable({3, 1, 0, key.substr(1)}));
}

}  // namespace
}  // namespace posthouse::dane
