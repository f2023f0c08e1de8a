// Tests of which addresses are public.
#include "lib/https/public_address.h"

#include <gtest/gtest.h>

namespace posthouse::https {
namespace {

bool is_public_ip(const char* ip) { return is_public(net::Address::from_ip(ip, 443).value()); }

TEST(PublicAddress, ThoseOfTheInternetAre) {
    for (const char* ip : {"8.8.8.8", "193.0.0.1", "172.32.0.1", "100.128.0.1", "2a00:1450::1", "2600::1"})
        EXPECT_TRUE(is_public_ip(ip)) << ip;
}

TEST(PublicAddress, ThoseOfThisHostThisNetworkAndOfNobodyAreNot) {
    for (const char* ip :
         {"0.0.0.0",         "10.1.2.3",    "100.64.0.1", "127.0.0.1",       "169.254.169.254", "172.16.0.1",
          "172.31.255.255",  "192.168.1.1", "192.0.2.1",  "198.18.0.1",      "203.0.113.9",     "224.0.0.1",
          "255.255.255.255", "::",          "::1",        "fe80::1",         "fc00::1",         "fd12::1",
          "ff02::1",         "2001:db8::1", "2001::1",    "::ffff:127.0.0.1"})
        EXPECT_FALSE(is_public_ip(ip)) << ip;
    EXPECT_FALSE(is_public(net::Address::unix_path("/run/x.sock")));
}

TEST(PublicAddress, Ipv4InsideIpv6CountsAsItself) {
    EXPECT_TRUE(is_public_ip("64:ff9b::808:808"));
    EXPECT_FALSE(is_public_ip("64:ff9b::7f00:1"));
    EXPECT_TRUE(is_public_ip("2002:808:808::1"));
    EXPECT_FALSE(is_public_ip("2002:a00:1::1"));
}

}  // namespace
}  // namespace posthouse::https
