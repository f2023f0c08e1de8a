// Durations, sizes, addresses, names.
#include "lib/config/value.h"

#include <gtest/gtest.h>

#include "lib/config/address.h"
#include "lib/config/nearest.h"

namespace posthouse::config {
namespace {

TEST(Duration, NeedsANumberAndAUnit) {
    EXPECT_EQ(parse_duration("250ms"), Duration(250));
    EXPECT_EQ(parse_duration("30s"), Duration(30'000));
    EXPECT_EQ(parse_duration("5m"), Duration(300'000));
    EXPECT_EQ(parse_duration("1h"), Duration(3'600'000));
    EXPECT_EQ(parse_duration("7d"), Duration(604'800'000));
    EXPECT_EQ(parse_duration("0"), Duration(0));
    for (const char* wrong : {"", "30", "s", "-1s", "1.5h", "1 s", "1S", "1w", "1s1s", " 1s"})
        EXPECT_FALSE(parse_duration(wrong)) << wrong;
}

TEST(Duration, DoesNotOverflow) {
    EXPECT_FALSE(parse_duration("9223372036854775807d"));
    EXPECT_FALSE(parse_duration("99999999999999999999s"));
    EXPECT_TRUE(parse_duration("9223372036854775807ms"));
}

TEST(Duration, IsShownInTheLargestUnitThatDivides) {
    for (const char* text : {"250ms", "90s", "5m", "1h", "7d", "0"})
        EXPECT_EQ(format_duration(*parse_duration(text)), text);
    EXPECT_EQ(format_duration(*parse_duration("60s")), "1m");
}

TEST(Size, KnowsPowersOf1024) {
    EXPECT_EQ(parse_size("512"), 512u);
    EXPECT_EQ(parse_size("64K"), 65536u);
    EXPECT_EQ(parse_size("50M"), 50u << 20);
    EXPECT_EQ(parse_size("2G"), std::uint64_t{2} << 30);
    for (const char* wrong : {"", "K", "1k", "1KB", "-1", "1.5M", "9223372036854775807K"})
        EXPECT_FALSE(parse_size(wrong)) << wrong;
    for (const char* text : {"512", "64K", "50M", "2G", "1T", "0"}) EXPECT_EQ(format_size(*parse_size(text)), text);
}

TEST(Quote, EscapesWhatTomlAsksFor) { EXPECT_EQ(quote("a\"b\\c\n\x7f"), "\"a\\\"b\\\\c\\u000a\\u007f\""); }

TEST(Endpoint, IsHostAndPort) {
    const auto ipv6 = parse_endpoint("[2001:db8::1]:25");
    ASSERT_TRUE(ipv6);
    EXPECT_EQ(ipv6->host, "2001:db8::1");
    EXPECT_EQ(ipv6->port, 25);
    EXPECT_EQ(parse_endpoint("localhost:25")->host, "127.0.0.1");
    EXPECT_EQ(parse_endpoint("*:465")->host, "*");
    for (const char* wrong : {"", "25", ":25", "127.0.0.1", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536", "::1:25",
                              "[::1]", "[127.0.0.1]:25", "[]:25", "mail.example:25", "127.0.0.1:+5", "256.0.0.1:25"})
        EXPECT_FALSE(parse_endpoint(wrong)) << wrong;
}

TEST(Network, IsAnAddressWithOrWithoutPrefix) {
    for (const char* right : {"192.0.2.1", "192.0.2.0/24", "0.0.0.0/0", "2001:db8::/32", "::1", "::1/128"})
        EXPECT_TRUE(check_network(right)) << right;
    for (const char* wrong : {"", "192.0.2.0/33", "::/129", "192.0.2/24", "192.0.2.0/", "192.0.2.0/a", "any"})
        EXPECT_FALSE(check_network(wrong)) << wrong;
}

TEST(NearestHint, FindsWhatWasMeant) {
    EXPECT_EQ(nearest_hint("wrkers", {"workers", "connections"}), "; did you mean \"workers\"?");
    EXPECT_EQ(nearest_hint("size_limit", {"message_size_limit", "workers"}), "; did you mean \"message_size_limit\"?");
    EXPECT_EQ(nearest_hint("Workers", {"workers"}), "; did you mean \"workers\"?");
    EXPECT_EQ(nearest_hint("banana", {"workers", "connections"}), "");
    EXPECT_EQ(nearest_hint(std::string(100000, 'w'), {"workers"}), "") << "a long name costs no time";
}

}  // namespace
}  // namespace posthouse::config
