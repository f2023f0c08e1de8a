// Tests of fetching policies, with a real web server.
#include "lib/mta-sts/fetch.h"

#include <gtest/gtest.h>

#include <fstream>

#include "lib/mta-sts/policy.h"
#include "tests/unit/https/running_https.h"
#include "tests/unit/temporary_folder.h"

namespace posthouse::mta_sts {
namespace {

constexpr const char* policy_text = "version: STSv1\r\nmode: enforce\r\nmx: mx.sts.example\r\nmax_age: 604800\r\n";

/// An authority, a server with a certificate of it, and the settings to ask that server.
struct Site {
    TemporaryFolder folder;
    net::Identity authority = net::make_authority();
    https::RunningHttps server;
    FetchSettings settings;

    explicit Site(const std::string& name = "mta-sts.sts.example", long valid_for = 3600)
        : server(net::make_certificate(
              {.common_names = {"x"}, .alternative_names = "DNS:" + name, .valid_for = valid_for}, &authority)) {
        settings.https.ca_file = folder.path() + "/ca.pem";
        std::ofstream(settings.https.ca_file) << authority.certificate_pem();
        settings.port = server.address().port();
        settings.https.allowed = {net::Network::parse("127.0.0.0/8").value()};
        server.set_text(policy_text);
    }
    Result<std::string> fetch() const { return fetch_policy(settings, "sts.example", {server.address()}); }
};

TEST(MtaStsFetch, AsksTheWellKnownPlace) {
    const Site site;
    EXPECT_EQ(site.fetch(), policy_text);
    EXPECT_EQ(site.server.request_line(), "GET /.well-known/mta-sts.txt HTTP/1.1");
    EXPECT_TRUE(Site("*.sts.example").fetch());
}

TEST(MtaStsFetch, TheCertificateMustBeGoodForTheName) {
    EXPECT_EQ(Site("sts.example").fetch().error().code, ErrorCode::denied);
    EXPECT_EQ(Site("mta-sts.sts.example", -60).fetch().error().code, ErrorCode::denied);
    const Site site;
    const net::Identity other = net::make_certificate({.common_names = {"Other"}, .constraint = "critical,CA:TRUE"});
    std::ofstream(site.settings.https.ca_file) << other.certificate_pem();
    EXPECT_EQ(site.fetch().error().code, ErrorCode::denied);
    EXPECT_EQ(site.server.requests(), 0);
}

TEST(MtaStsFetch, RedirectsAndOtherStatusesAreNoPolicy) {
    Site site;
    site.server.set_answer("301 Moved Permanently\r\nLocation: https://mta-sts.sts.example:" +
                               std::to_string(site.settings.port) + "/.well-known/mta-sts.txt\r\n",
                           "");
    EXPECT_EQ(site.fetch().error().code, ErrorCode::unavailable);
    EXPECT_EQ(site.server.requests(), 1);
    site.server.set_answer("404 Not Found\r\nContent-Type: text/plain\r\n", policy_text);
    const auto missing = site.fetch();
    EXPECT_EQ(missing.error().code, ErrorCode::unavailable);
    EXPECT_EQ(missing.error().detail, "mta-sts.sts.example answers with status 404");
}

TEST(MtaStsFetch, OnlyPlainTextOfAtMost64KiBIsTaken) {
    Site site;
    site.server.set_answer("200 OK\r\nContent-Type: Text/Plain; charset=utf-8\r\n", policy_text);
    EXPECT_TRUE(site.fetch());
    site.server.set_answer("200 OK\r\nContent-Type: text/html\r\n", policy_text);
    EXPECT_EQ(site.fetch().error().code, ErrorCode::invalid);
    site.server.set_text(std::string(max_policy_bytes, '\n'));
    EXPECT_TRUE(site.fetch());
    site.server.set_text(std::string(max_policy_bytes + 1, '\n'));
    EXPECT_EQ(site.fetch().error().code, ErrorCode::limit);
}

TEST(MtaStsFetch, PrivateAddressesAreNotAsked) {
    Site site;
    site.settings.https.allowed.clear();
    const auto refused = site.fetch();
    EXPECT_EQ(refused.error().code, ErrorCode::unavailable);
    EXPECT_EQ(refused.error().detail, "mta-sts.sts.example has no public address");
    EXPECT_EQ(site.server.requests(), 0);
}

TEST(MtaStsFetch, ASilentServerIsWaitedForUntilTheTimeOut) {
    const Site site;
    // It listens, and nobody accepts.
    const UniqueFd silent = net::listen_tcp(net::Address::from_ip("127.0.0.1", 0).value()).value();
    net::Loop loop;
    FetchSettings settings = site.settings;
    settings.port = net::Listener(loop, UniqueFd(::dup(silent.get()))).local().port();
    settings.https.timeout = std::chrono::milliseconds(100);
    EXPECT_EQ(fetch_policy(settings, "sts.example", {site.server.address()}).error().code, ErrorCode::unavailable);
}

}  // namespace
}  // namespace posthouse::mta_sts
