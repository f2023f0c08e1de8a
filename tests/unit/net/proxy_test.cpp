// Tests of addresses, networks and the PROXY protocol.
#include "lib/net/proxy.h"

#include <gtest/gtest.h>

namespace posthouse::net {
namespace {

TEST(Address, ParsesAndPrints) {
    EXPECT_EQ(Address::parse("192.0.2.1:25")->to_string(), "192.0.2.1:25");
    EXPECT_EQ(Address::parse("[2001:DB8::1]:993")->to_string(), "[2001:db8::1]:993");
    EXPECT_EQ(Address::from_ip("::ffff:192.0.2.9", 1)->ip(), "192.0.2.9");
    for (const char* text : {"192.0.2.1", "192.0.2.1:", "192.0.2.1:65536", "2001:db8::1:25", "host:25", ":25"})
        EXPECT_FALSE(Address::parse(text)) << text;
}

TEST(Network, ContainsItsAddressesOnly) {
    EXPECT_TRUE(Network::parse("192.0.2.0/25")->contains(*Address::from_ip("192.0.2.127", 0)));
    EXPECT_FALSE(Network::parse("192.0.2.0/25")->contains(*Address::from_ip("192.0.2.128", 0)));
    EXPECT_TRUE(Network::parse("2001:db8::/32")->contains(*Address::from_ip("2001:db8:ffff::1", 0)));
    EXPECT_FALSE(Network::parse("::/0")->contains(*Address::from_ip("192.0.2.1", 0)));
    EXPECT_EQ(Network::parse("192.0.2.77/25")->to_string(), "192.0.2.0/25");
    EXPECT_EQ(Network::parse("192.0.2.255/25")->to_string(), "192.0.2.128/25");
    EXPECT_EQ(Network::parse("192.0.2.77/32")->to_string(), "192.0.2.77");
    EXPECT_EQ(Network::parse("2001:db8:ffff:f::1/33")->to_string(), "2001:db8:8000::/33");
    EXPECT_EQ(Network::around(*Address::from_ip("192.0.2.77", 25), 0).to_string(), "0.0.0.0/0");
    EXPECT_FALSE(Address::from_ip(std::string_view("192.0.2.1\0x", 11), 0));
    EXPECT_FALSE(Network::parse("192.0.2.0/33"));
}

TEST(Proxy, VersionOne) {
    const auto header = parse_proxy_header("PROXY TCP4 192.0.2.7 192.0.2.8 56324 25\r\nEHLO");
    ASSERT_TRUE(header && *header);
    EXPECT_EQ((*header)->client.to_string(), "192.0.2.7:56324");
    EXPECT_EQ((*header)->server.to_string(), "192.0.2.8:25");
    EXPECT_EQ((*header)->size, 41u);
    EXPECT_TRUE((*parse_proxy_header("PROXY UNKNOWN\r\n"))->local);
    EXPECT_EQ((*parse_proxy_header("PROXY TCP6 2001:db8::1 2001:db8::2 1 2\r\n"))->client.ip(), "2001:db8::1");
}

TEST(Proxy, VersionTwo) {
    const std::string_view bytes(
        "\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c\xc0\x00\x02\x07\xc0\x00\x02\x08\xdc\x04\x00\x19rest", 32);
    const auto header = parse_proxy_header(bytes);
    ASSERT_TRUE(header && *header);
    EXPECT_EQ((*header)->client.to_string(), "192.0.2.7:56324");
    EXPECT_EQ((*header)->server.to_string(), "192.0.2.8:25");
    EXPECT_EQ((*header)->size, 28u);
}

TEST(Proxy, EveryPrefixOfAHeaderNeedsMore) {
    const std::string_view one = "PROXY TCP4 192.0.2.7 192.0.2.8 56324 25\r\n";
    const std::string_view two("\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c\xc0\x00\x02\x07\xc0\x00\x02\x08\xdc\x04\x00\x19",
                               28);
    for (const std::string_view whole : {one, two}) {
        for (std::size_t size = 0; size < whole.size(); ++size) {
            const auto header = parse_proxy_header(whole.substr(0, size));
            ASSERT_TRUE(header) << size;
            EXPECT_FALSE(*header) << size;
        }
    }
}

TEST(Proxy, RefusesWhatIsNotAHeader) {
    for (const char* text :
         {"EHLO x\r\n", "PROXY TCP4 192.0.2.7 192.0.2.8 1\r\n", "PROXY TCP4 2001:db8::1 192.0.2.8 1 2\r\n",
          "PROXY TCP4 192.0.2.7 192.0.2.8 1 65536\r\n", "PROXY UDP4 192.0.2.7 192.0.2.8 1 2\r\n"})
        EXPECT_FALSE(parse_proxy_header(text)) << text;
    EXPECT_FALSE(parse_proxy_header("PROXY " + std::string(200, 'x')));
    const std::string_view too_long("\r\n\r\n\0\r\nQUIT\n\x21\x11\xff\xff", 16);
    EXPECT_FALSE(parse_proxy_header(too_long));
}

}  // namespace
}  // namespace posthouse::net
