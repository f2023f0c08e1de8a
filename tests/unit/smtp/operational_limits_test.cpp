// LIMITS: RFC 9422.
#include "lib/smtp/operational_limits.h"

#include <gtest/gtest.h>

namespace posthouse::smtp {
namespace {

TEST(OperationalLimits, AreReadInAnyOrderAndCase) {
    const auto limits = parse_limits(" rcptmax=20  MAILMAX=5 RcptDomainMax=1");
    EXPECT_EQ(limits.mail_max, 5u);
    EXPECT_EQ(limits.rcpt_max, 20u);
    EXPECT_EQ(limits.rcpt_domain_max, 1u);
}

TEST(OperationalLimits, UnknownOnesAndBadValuesSayNothing) {
    EXPECT_EQ(parse_limits(""), OperationalLimits());
    EXPECT_EQ(parse_limits("NEWMAX=5 MAILMAX RCPTMAX= RCPTDOMAINMAX=x"), OperationalLimits());
    EXPECT_EQ(parse_limits("MAILMAX=0 RCPTMAX=1000000 RCPTDOMAINMAX=-1"), OperationalLimits());
    EXPECT_EQ(parse_limits("MAILMAX=05 RCPTMAX=999999").rcpt_max, max_limit);
}

TEST(OperationalLimits, WhatIsWrittenIsReadAsTheSame) {
    const OperationalLimits all{.mail_max = 1, .rcpt_max = 999'999, .rcpt_domain_max = 7};
    EXPECT_EQ(limits_keyword(all), "LIMITS MAILMAX=1 RCPTMAX=999999 RCPTDOMAINMAX=7");
    EXPECT_EQ(parse_limits(limits_keyword(all).substr(6)), all);
    EXPECT_EQ(limits_keyword({.mail_max = {}, .rcpt_max = 1000, .rcpt_domain_max = {}}), "LIMITS RCPTMAX=1000");
    EXPECT_EQ(limits_keyword({.mail_max = 0, .rcpt_max = 2'000'000, .rcpt_domain_max = {}}),
              "LIMITS MAILMAX=1 RCPTMAX=999999");
    EXPECT_EQ(limits_keyword({}), "");
}

}  // namespace
}  // namespace posthouse::smtp
