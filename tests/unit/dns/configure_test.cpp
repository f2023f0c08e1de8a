// The resolver's settings out of the configuration.
#include "lib/dns/configure.h"

#include <gtest/gtest.h>

namespace posthouse::dns {
namespace {

TEST(DnsSettings, AreThoseOfTheSection) {
    config::Config config;
    config.dns.servers = {"192.0.2.53:53", "[2001:db8::53]:5353"};
    config.dns.trust_anchor_file = "";
    const Result<Settings> settings = settings_of(config);
    ASSERT_TRUE(settings);
    ASSERT_EQ(settings->forwarders.size(), 2u);
    EXPECT_EQ(settings->forwarders[1].to_string(), "[2001:db8::53]:5353");
    EXPECT_EQ(settings->trust_anchor_file, "");
    config.dns.servers = {"*:53"};
    EXPECT_FALSE(settings_of(config));
}

}  // namespace
}  // namespace posthouse::dns
