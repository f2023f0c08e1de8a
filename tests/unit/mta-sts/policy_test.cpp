// Tests of policies.
#include "lib/mta-sts/policy.h"

#include <gtest/gtest.h>

namespace posthouse::mta_sts {
namespace {

using namespace std::chrono_literals;

// RFC 8461 §3.2
constexpr std::string_view example =
    "version: STSv1\r\nmode: enforce\r\nmx: mail.example.com\r\nmx: *.example.net\r\nmx: backupmx.example.com\r\n"
    "max_age: 604800\r\n";

TEST(MtaStsPolicy, IsReadAsInTheRfcsExample) {
    const Policy expected{Mode::enforce, 604800s, {"mail.example.com", "*.example.net", "backupmx.example.com"}};
    EXPECT_EQ(parse_policy(example), expected);
    std::string with_lf(example);
    std::erase(with_lf, '\r');
    with_lf.pop_back();
    EXPECT_EQ(parse_policy(with_lf), expected);
}

TEST(MtaStsPolicy, UnknownKeysAndRepeatedOnesAreReadOver) {
    const auto policy = parse_policy(
        "version: STSv1\nmode: testing\nmode: enforce\nnew: thing\nmx:A.Example\nmax_age:\t60 \nmax_age: x\nversion: "
        "2");
    EXPECT_EQ(policy, (Policy{Mode::testing, 60s, {"a.example"}}));
}

TEST(MtaStsPolicy, NeedsVersionModeMaxAgeAndMx) {
    const auto text = [](std::string_view policy) { return parse_policy(policy).error().text; };
    EXPECT_EQ(text("mode: none\nmax_age: 1"), "The policy's version is not STSv1");
    EXPECT_EQ(text("version: STSv2\nmode: none\nmax_age: 1"), "The policy's version is not STSv1");
    EXPECT_EQ(text("version: STSv1\nmax_age: 1"), "The policy has no mode");
    EXPECT_EQ(text("version: STSv1\nmode: none"), "The policy has no max_age");
    EXPECT_EQ(text("version: STSv1\nmode: enforce\nmax_age: 1"), "The policy has no mx");
    EXPECT_EQ(parse_policy("version: STSv1\nmode: none\nmax_age: 1"), (Policy{Mode::none, 1s, {}}));
    EXPECT_EQ(text(""), "The policy's version is not STSv1");
}

TEST(MtaStsPolicy, WithSenselessValuesIsRefused) {
    const std::string base = "version: STSv1\nmode: enforce\nmx: a.example\n";
    for (const std::string line :
         {"max_age: -1", "max_age: 1.5", "max_age: 12345678901", "max_age:", "no colon", "max_age: 1\nmx: *",
          "max_age: 1\nmx: a.*.example", "max_age: 1\nmx: a b", "max_age: 1\nmx:", "max_age: 1\nmx: *.*.example"})
        EXPECT_EQ(parse_policy(base + line).error().code, ErrorCode::invalid) << line;
    EXPECT_EQ(parse_policy("version: STSv1\nmode: ENFORCE\nmx: a\nmax_age: 1").error().code, ErrorCode::invalid);
    EXPECT_EQ(parse_policy(base + "max_age: 9999999999")->max_age, longest_max_age);
}

TEST(MtaStsPolicy, IsBounded) {
    std::string text(example);
    for (std::size_t i = 0; i < max_patterns; ++i) text += "mx: a.example\n";
    EXPECT_EQ(parse_policy(text).error().code, ErrorCode::limit);
    EXPECT_EQ(parse_policy(std::string(max_policy_bytes + 1, '\n')).error().code, ErrorCode::limit);
    EXPECT_TRUE(parse_policy(std::string(example) + std::string(max_policy_bytes - example.size(), '\n')));
}

TEST(MtaStsPatterns, AnAsteriskIsOneLabel) {
    EXPECT_TRUE(matches("mail.example.com", "Mail.Example.com."));
    EXPECT_FALSE(matches("mail.example.com", "example.com"));
    EXPECT_TRUE(matches("*.example.net", "a.example.net"));
    EXPECT_FALSE(matches("*.example.net", "example.net"));
    EXPECT_FALSE(matches("*.example.net", "a.b.example.net"));
    EXPECT_FALSE(matches("*.example.net", ".example.net"));
    EXPECT_FALSE(matches("*.example.net", "aexample.net"));
    const Policy policy = *parse_policy(example);
    EXPECT_TRUE(allows(policy, "mx1.example.net"));
    EXPECT_TRUE(allows(policy, "backupmx.example.com"));
    EXPECT_FALSE(allows(policy, "mx.attacker.example"));
    EXPECT_FALSE(allows({}, "mx1.example.net"));
}

}  // namespace
}  // namespace posthouse::mta_sts
