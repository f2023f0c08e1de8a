// What is counted outlasts the process.
#include "lib/tlsrpt/period.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/unit/temporary_folder.h"

namespace posthouse::tlsrpt {
namespace {

Domains counted() {
    Counters counters;
    const Policy sts{PolicyType::sts, {"version: STSv1", "mode: enforce"}, "a.example", {"*.a.example"}};
    for (int i = 0; i < 3; ++i) counters.success(sts);
    counters.failure(sts, {FailureType::certificate_expired, "192.0.2.1", "mx.a.example", "mx", "192.0.2.2", "x", "y"});
    counters.success({PolicyType::tlsa, {"3 1 1 abcd"}, "a.example", {}});
    counters.success({PolicyType::no_policy_found, {}, "b.example", {}});
    return counters.take();
}

TEST(TlsPeriod, ComesBackFromItsJson) {
    const Period period{.start = 1'790'000'000, .end = 0, .domains = counted()};
    EXPECT_EQ(parse_period(to_json(period)).value(), period);
    EXPECT_EQ(parse_period(to_json({.start = 5, .end = 7})).value(), (Period{.start = 5, .end = 7}));
}

TEST(TlsPeriod, TextsAreCutBetweenCharactersSoThatTheyComeBackTheSame) {
    std::string long_text = "x";
    while (long_text.size() <= Counters::max_text) long_text += "\u00e4";
    Counters counters;
    const Policy policy{PolicyType::sts, {long_text}, "a.example", {}};
    counters.failure(policy, {.additional_information = long_text});
    const Period period{.start = 1'790'000'000, .end = 0, .domains = counters.take()};
    EXPECT_EQ(parse_period(to_json(period)).value(), period);
    counters.resume(parse_period(to_json(period)).value().domains);
    counters.success(policy);
    EXPECT_EQ(counters.domains().at("a.example").size(), 1u) << "the policy is the same as before";
}

TEST(TlsPeriod, WhatIsNoneIsRefused) {
    const std::string good = to_json({.start = 5, .end = 7, .domains = counted()});
    for (std::size_t length = 0; length + 2 < good.size(); length += 7)
        EXPECT_FALSE(parse_period(good.substr(0, length))) << length;
    for (const char* text :
         {"[]", "{}", R"({"start":-1,"end":0,"domains":{}})", R"({"start":"x","end":0,"domains":{}})",
          R"({"start":1,"end":0,"domains":{"a.example":[{}]}})"})
        EXPECT_EQ(parse_period(text).error().code, ErrorCode::invalid) << text;
}

TEST(TlsPeriod, CountingGoesOnWhereItWas) {
    Counters counters;
    counters.resume(counted());
    EXPECT_EQ(counters.domains(), counted());
    counters.success({PolicyType::no_policy_found, {}, "b.example", {}});
    EXPECT_EQ(counters.domains().at("b.example")[0].successes, 2u);
}

TEST(TlsPeriod, FilesAreReadInTheirOrderAndDamagedOnesAreLeft) {
    const TemporaryFolder folder;
    const PeriodFiles files(folder.path() + "/tlsrpt");
    EXPECT_TRUE(files.load().value().empty());
    Period early{.start = 86'400, .end = 172'799, .domains = counted()};
    const Period late{.start = 1'790'000'000, .end = 0, .domains = counted()};
    ASSERT_TRUE(files.save(late));
    ASSERT_TRUE(files.save(early));
    std::ofstream(folder.path() + "/tlsrpt/5.json") << "{";
    EXPECT_EQ(files.load().value(), (std::vector{early, late}));
    EXPECT_TRUE(std::filesystem::exists(folder.path() + "/tlsrpt/5.json"));
    early.domains.clear();
    ASSERT_TRUE(files.save(early));
    EXPECT_EQ(files.load().value(), std::vector{late}) << "all is reported";
}

TEST(TlsPeriod, MemoryIsBounded) {
    Counters counters;
    for (int i = 0; i < 2000; ++i) {
        const std::string domain = "d" + std::to_string(i) + ".example";
        counters.success({PolicyType::sts, std::vector<std::string>(512, std::string(512, 'x')), domain, {}});
    }
    EXPECT_LT(counters.domains().size(), 200u);
    EXPECT_GT(counters.dropped(), 1800u);
}

}  // namespace
}  // namespace posthouse::tlsrpt
