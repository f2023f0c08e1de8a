// What is demanded of TLS with a host: level by level.
#include "queued/outbound/tls_plan.h"

#include <gtest/gtest.h>
#include <openssl/x509_vfy.h>

namespace posthouse::queued {
namespace {

using Demand = transfer::TlsDemand::Level;

HostFacts facts(dane::Level level = dane::Level::none) {
    HostFacts facts;
    facts.host = "mx.example.net";
    facts.domain = "example.net";
    facts.from_mx = true;
    facts.dane.level = level;
    if (level == dane::Level::verify) facts.dane.records = {{3, 1, 1, "\x01\xab"}};
    return facts;
}

HostFacts with_sts(mta_sts::Mode mode, std::string pattern) {
    HostFacts out = facts();
    mta_sts::Cached policy;
    policy.text = "version: STSv1\r\nmode: x\r\n";
    policy.policy.mode = mode;
    policy.policy.patterns = {std::move(pattern)};
    out.sts = policy;
    return out;
}

TEST(TlsPlan, OfFixedLevelsAsksForNothingElse) {
    EXPECT_EQ(plan_tls(TlsLevel::none, facts(dane::Level::verify), false)->level, Demand::none);
    const TlsPlan may = plan_tls(TlsLevel::may, facts(dane::Level::verify), false).value();
    EXPECT_EQ(may.level, Demand::may);
    EXPECT_TRUE(may.fall_back);
    const TlsPlan encrypt = plan_tls(TlsLevel::encrypt, facts(), false).value();
    EXPECT_EQ(encrypt.level, Demand::encrypt);
    EXPECT_FALSE(encrypt.fall_back);
    const TlsPlan verify = plan_tls(TlsLevel::verify, facts(), false).value();
    EXPECT_EQ(verify.level, Demand::verify);
    EXPECT_EQ(verify.names, std::vector<std::string>{"mx.example.net"});
}

TEST(TlsPlan, DaneIsKeptToWhereThereAreRecords) {
    const TlsPlan verify = plan_tls(TlsLevel::dane, facts(dane::Level::verify), false).value();
    EXPECT_EQ(verify.level, Demand::verify);
    EXPECT_TRUE(verify.by_dane);
    EXPECT_EQ(verify.policy.type, tlsrpt::PolicyType::tlsa);
    EXPECT_EQ(verify.policy.lines, std::vector<std::string>{"3 1 1 01ab"});
    EXPECT_EQ(plan_tls(TlsLevel::dane, facts(dane::Level::encrypt), false)->level, Demand::encrypt);
    const auto unknown = plan_tls(TlsLevel::dane, facts(dane::Level::defer), false);
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().reply.status, "4.7.5");
    const TlsPlan none = plan_tls(TlsLevel::dane, facts(), false).value();
    EXPECT_EQ(none.level, Demand::may);
    EXPECT_TRUE(none.fall_back);
}

TEST(TlsPlan, DaneOnlySendsNowhereElse) {
    EXPECT_TRUE(plan_tls(TlsLevel::dane_only, facts(dane::Level::verify), false));
    for (const dane::Level level : {dane::Level::none, dane::Level::encrypt, dane::Level::defer}) {
        const auto plan = plan_tls(TlsLevel::dane_only, facts(level), false);
        ASSERT_FALSE(plan);
        EXPECT_TRUE(plan.error().reply.transient());
    }
}

TEST(TlsPlan, MtaStsIsKeptToWhereDaneSaysNothing) {
    const TlsPlan listed = plan_tls(TlsLevel::dane, with_sts(mta_sts::Mode::enforce, "*.example.net"), false).value();
    EXPECT_EQ(listed.level, Demand::verify);
    EXPECT_FALSE(listed.fall_back);
    EXPECT_EQ(listed.names, std::vector<std::string>{"mx.example.net"});
    EXPECT_EQ(listed.policy.type, tlsrpt::PolicyType::sts);
    EXPECT_EQ(listed.policy.lines, (std::vector<std::string>{"version: STSv1", "mode: x"}));
    const auto other = plan_tls(TlsLevel::dane, with_sts(mta_sts::Mode::enforce, "mx.example.org"), false);
    ASSERT_FALSE(other);
    EXPECT_EQ(other.error().reply.status, "4.7.5");
    const TlsPlan testing = plan_tls(TlsLevel::dane, with_sts(mta_sts::Mode::testing, "mx.example.org"), false).value();
    EXPECT_EQ(testing.level, Demand::may);
    EXPECT_TRUE(testing.testing && testing.fall_back);
    EXPECT_EQ(plan_tls(TlsLevel::dane, with_sts(mta_sts::Mode::none, "mx.example.org"), false)->level, Demand::may);
    EXPECT_EQ(plan_tls(TlsLevel::may, with_sts(mta_sts::Mode::enforce, "mx.example.org"), false)->level, Demand::may);
    HostFacts both = with_sts(mta_sts::Mode::enforce, "mx.example.org");
    both.dane = facts(dane::Level::verify).dane;
    EXPECT_TRUE(plan_tls(TlsLevel::dane, both, false)->by_dane);
}

TEST(TlsPlan, RequiretlsWantsTheHostProved) {
    EXPECT_EQ(plan_tls(TlsLevel::none, facts(), true).error().reply.status, "5.7.30");
    EXPECT_TRUE(plan_tls(TlsLevel::none, facts(dane::Level::verify), true)->by_dane);
    EXPECT_EQ(plan_tls(TlsLevel::may, with_sts(mta_sts::Mode::enforce, "mx.example.net"), true)->level, Demand::verify);
    EXPECT_FALSE(plan_tls(TlsLevel::may, with_sts(mta_sts::Mode::testing, "mx.example.net"), true));
    HostFacts secure = facts();
    secure.mx_secure = true;
    EXPECT_EQ(plan_tls(TlsLevel::may, secure, true)->level, Demand::verify);
    HostFacts named = facts();
    named.from_mx = false;
    EXPECT_EQ(plan_tls(TlsLevel::encrypt, named, true)->names, std::vector<std::string>{"mx.example.net"});
}

TEST(TlsPlan, FailuresHaveTheWordsOfReports) {
    transfer::Failure failure;
    EXPECT_EQ(reported_failure(failure), std::nullopt);
    failure.kind = transfer::Failure::Kind::tls;
    EXPECT_EQ(reported_failure(failure), tlsrpt::FailureType::starttls_not_supported);
    failure.offers_tls = true;
    EXPECT_EQ(reported_failure(failure), tlsrpt::FailureType::validation_failure);
    failure.verify_result = X509_V_ERR_CERT_HAS_EXPIRED;
    EXPECT_EQ(reported_failure(failure), tlsrpt::FailureType::certificate_expired);
}

}  // namespace
}  // namespace posthouse::queued
