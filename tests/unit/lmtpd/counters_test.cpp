// Tests of what lmtpd counts.
#include "lmtpd/counters.h"

#include <gtest/gtest.h>

namespace posthouse::lmtpd {
namespace {

using enum Counters::Result;

bool tells(metrics::Registry& registry, const std::string& line) {
    return registry.text().find(line + '\n') != std::string::npos;
}

TEST(LmtpCounters, DomainsHaveMetricsOfTheirOwnUpToABound) {
    metrics::Registry registry({});
    Counters counters(registry, 2);
    for (int number = 0; number < 50; ++number)
        counters.delivery("d" + std::to_string(number) + ".example", stored, 100);
    counters.delivery("d1.example", failed, 100);
    counters.delivery("d1.example", repeated, 100);
    counters.delivery("d40.example", failed, 100);
    EXPECT_TRUE(tells(registry, R"(posthouse_lmtp_deliveries_total{result="stored"} 50)"));
    EXPECT_TRUE(tells(registry, R"(posthouse_lmtp_deliveries_total{result="repeated"} 1)"));
    EXPECT_TRUE(tells(registry, R"(posthouse_lmtp_deliveries_total{result="failed"} 2)"));
    EXPECT_TRUE(tells(registry, R"(posthouse_lmtp_domain_deliveries_total{domain="d1.example",result="stored"} 1)"));
    EXPECT_TRUE(tells(registry, R"(posthouse_lmtp_domain_deliveries_total{domain="d1.example",result="failed"} 1)"));
    EXPECT_TRUE(tells(registry, R"(posthouse_lmtp_domain_deliveries_total{domain="other",result="stored"} 48)"));
    EXPECT_TRUE(tells(registry, R"(posthouse_lmtp_domain_deliveries_total{domain="other",result="failed"} 1)"));
    EXPECT_TRUE(tells(registry, R"(posthouse_lmtp_domain_bytes_total{domain="other"} 4800)"));
    EXPECT_EQ(registry.text().find("d2.example"), std::string::npos);
}

TEST(LmtpCounters, WithoutRoomNoDomainIsNamed) {
    metrics::Registry registry({});
    Counters counters(registry, 0);
    counters.delivery("example.org", stored, 100);
    EXPECT_TRUE(tells(registry, R"(posthouse_lmtp_deliveries_total{result="stored"} 1)"));
    EXPECT_EQ(registry.text().find("posthouse_lmtp_domain"), std::string::npos);
}

}  // namespace
}  // namespace posthouse::lmtpd
