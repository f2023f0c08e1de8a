// Tests of the address that a webmail or a proxy tells, and of who may tell it.
#include "lib/daemon/origin.h"

#include <gtest/gtest.h>

namespace posthouse::daemon {
namespace {

TEST(Origin, IsAnAddressAsIdAndXclientWriteIt) {
    EXPECT_EQ(told_origin("192.0.2.1", "")->to_string(), "192.0.2.1:0");
    EXPECT_EQ(told_origin("192.0.2.1", "40000")->to_string(), "192.0.2.1:40000");
    EXPECT_EQ(told_origin("2001:db8::1", "65535")->to_string(), "[2001:db8::1]:65535");
    EXPECT_EQ(told_origin("IPV6:2001:db8::1", "1")->ip(), "2001:db8::1");
    EXPECT_EQ(told_origin("ipv6:2001:db8::1", "1")->ip(), "2001:db8::1");
    EXPECT_EQ(told_origin("::ffff:192.0.2.1", "1")->ip(), "192.0.2.1");
}

TEST(Origin, WhatIsNoAddressIsRefused) {
    for (const char* address : {"", " ", "unknown", "192.0.2.256", "192.0.2.1 ", "192.0.2.1:25", "[2001:db8::1]",
                                "IPV6:", "IPV6:192.0.2.1", "IPV6:IPV6:2001:db8::1", "2001:db8::1%eth0"})
        EXPECT_FALSE(told_origin(address, "")) << address;
    for (const char* port : {"65536", "-1", "x", " 1"}) EXPECT_FALSE(told_origin("192.0.2.1", port)) << port;
    EXPECT_FALSE(told_origin(std::string_view("192.0.2.1\0x", 11), ""));
}

TEST(Origin, MayBeToldByWhoIsTrustedOnly) {
    config::Config config;
    const net::Address webmail = *net::Address::from_ip("192.0.2.80", 40'000);
    EXPECT_FALSE(may_tell_origin(config, webmail)) << "by default nobody";
    config.listen.origin_trusted_networks = {"198.51.100.0/24", "192.0.2.80"};
    EXPECT_TRUE(may_tell_origin(config, webmail));
    EXPECT_FALSE(may_tell_origin(config, *net::Address::from_ip("192.0.2.81", 40'000)));
    EXPECT_FALSE(may_tell_origin(config, net::Address::unix_path("/run/x.sock")));
}

}  // namespace
}  // namespace posthouse::daemon
