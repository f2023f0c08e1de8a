// Outbound's settings out of the configuration.
#include "queued/outbound/configure.h"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/unit/net/test_certificate.h"
#include "tests/unit/temporary_folder.h"

namespace posthouse::queued {
namespace {

config::Config configured() {
    config::Config config;
    config.general.hostname = "mail.example.org";
    return config;
}

TEST(OutboundSettings, OfNothingAreTheDefaults) {
    const Result<OutboundSettings> settings = outbound_settings(configured());
    ASSERT_TRUE(settings) << settings.error().message();
    EXPECT_EQ(settings->helo_name, "mail.example.org");
    EXPECT_EQ(settings->port, 25);
    EXPECT_EQ(settings->tls.usual(), TlsLevel::dane);
    EXPECT_TRUE(settings->tls_context);
    EXPECT_EQ(settings->timeouts.data_done, std::chrono::minutes(10));
    // smtpd listens at port 25 here: a host with one of these addresses is this one.
    EXPECT_FALSE(settings->own_addresses.empty());
}

TEST(OutboundSettings, KnowWhoIsLoggedInAndFromWhereMailIsSent) {
    const TemporaryFolder folder;
    std::ofstream(folder.path() + "/password") << "secret:=word\nsecond line\n";
    config::Config config = configured();
    config.outbound.credentials = {"[mail.example.net]:587=joe@example.net:" + folder.path() + "/password"};
    config.outbound.bind_address = {"192.0.2.1", "example.org=192.0.2.7", "2001:db8::1"};
    config.outbound.tls_policy = {"example.net=encrypt"};
    config.outbound.relayhost = "[mail.example.net]:587";
    config.listen.smtp = {"*:2525"};
    const Result<OutboundSettings> settings = outbound_settings(config);
    ASSERT_TRUE(settings) << settings.error().message();
    const Hop hop = parse_route("", "example.com", relayhost(config).value())->hops.front();
    const auto credentials = credentials_for(*settings, Route::Kind::smtp, hop);
    ASSERT_TRUE(credentials);
    EXPECT_EQ(credentials->user, "joe@example.net");
    EXPECT_EQ(credentials->password.view(), "secret:=word");
    EXPECT_EQ(credentials_for(*settings, Route::Kind::smtp, parse_route("smtp:[mail.example.net]", "")->hops.front()),
              nullptr);
    const net::Address ipv4 = net::Address::from_ip("198.51.100.1", 25).value();
    EXPECT_EQ(source_for(*settings, "example.org", ipv4).ip(), "192.0.2.7");
    EXPECT_EQ(source_for(*settings, "example.com", ipv4).ip(), "192.0.2.1");
    EXPECT_EQ(source_for(*settings, "example.org", net::Address::from_ip("2001:db8::9", 25).value()).ip(),
              "2001:db8::1");
    EXPECT_TRUE(settings->own_addresses.empty());
}

TEST(OutboundSettings, PoliciesAreFetchedFromServersThatTheSameAuthoritiesVouchFor) {
    config::Config config = configured();
    EXPECT_EQ(policies_settings(config).fetch.https.ca_file, "");
    config.general.state_folder = "/state";
    config.outbound.tls_ca_file = "/authorities.pem";
    EXPECT_EQ(policies_settings(config).folder, "/state/mta-sts");
    EXPECT_EQ(policies_settings(config).fetch.https.ca_file, "/authorities.pem");
}

TEST(OutboundSettings, SayWhichParameterIsWrong) {
    const TemporaryFolder folder;
    std::ofstream(folder.path() + "/empty") << "\n";
    const auto error = [](const std::function<void(config::Config&)>& change) {
        config::Config config = configured();
        change(config);
        const Result<OutboundSettings> settings = outbound_settings(config);
        return settings ? "none" : settings.error().text;
    };
    const auto names = [](const std::string& text, const char* parameter) {
        return text.starts_with("outbound." + std::string(parameter));
    };
    for (const std::string& wrong :
         {std::string("x"), std::string("[a.example]=joe"), "[a.example]=joe:" + folder.path() + "/none",
          "[a.example]=joe:" + folder.path() + "/empty", "a b=joe:" + folder.path() + "/empty"}) {
        EXPECT_TRUE(names(error([&](config::Config& c) { c.outbound.credentials = {wrong}; }), "credentials")) << wrong;
    }
    EXPECT_TRUE(names(error([](config::Config& c) { c.outbound.bind_address = {"localhost"}; }), "bind_address"));
    EXPECT_TRUE(names(error([](config::Config& c) { c.outbound.relayhost = "a b"; }), "relayhost"));
    EXPECT_TRUE(names(error([](config::Config& c) { c.outbound.tls_policy = {"x=y"}; }), "tls_policy"));
    EXPECT_TRUE(names(error([](config::Config& c) { c.outbound.tls_certificate = "/x"; }), "tls_key"));
    EXPECT_TRUE(names(error([](config::Config& c) { c.outbound.tls_ca_file = "/nonexistent"; }), "tls_ca_file"));
    EXPECT_TRUE(names(error([](config::Config& c) { c.outbound.ipv4 = c.outbound.ipv6 = false; }), "ipv6"));
}

TEST(OutboundProblems, AreToldAllAtOnceWithTheirLines) {
    config::Config config = configured();
    EXPECT_TRUE(outbound_problems(config, {}).empty());
    config.outbound.relayhost = "[127.0.0.1";
    config.outbound.tls_policy = {"example.net=encypt", "example.org=may"};
    config.outbound.credentials = {"[a.example]=joe:/nonexistent/password", "a.example"};
    config.outbound.bind_address = {"300.1.1.1"};
    config.outbound.tls_ca_file = "/nonexistent/ca.pem";
    config.dns.servers = {"resolver.example:53"};
    std::vector<std::string> where;
    for (const config::Problem& problem : outbound_problems(config, {{"outbound.tls_policy", "/p.toml:4"}})) {
        where.push_back(problem.where);
        EXPECT_FALSE(problem.text.contains("outbound.")) << problem.text;
    }
    EXPECT_EQ(where, (std::vector<std::string>{"outbound.bind_address", "/p.toml:4: outbound.tls_policy",
                                               "outbound.tls_ca_file", "outbound.credentials", "outbound.credentials",
                                               "outbound.relayhost", "dns.servers"}));
    config.outbound.tls_ca_file.clear();
    config.outbound.tls_certificate = "/x.pem";
    const config::Problems problems = outbound_problems(config, {});
    EXPECT_TRUE(std::ranges::any_of(problems, [](const auto& one) { return one.where == "outbound.tls_key"; }));
}

}  // namespace
}  // namespace posthouse::queued
