// TLS reports: counted over restarts, sent once, to those who ask for them, by the ways they name.
#include "queued/core/tls_reports.h"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/unit/dns/running_nsd.h"
#include "tests/unit/https/running_https.h"
#include "tests/unit/queued/core/queue_world.h"

namespace posthouse::queued {
namespace {

constexpr std::int64_t midnight = 1'789'948'800;  // 2026-09-21
constexpr const char* records =
    "_smtp._tls.mailed TXT \"v=TLSRPTv1; rua=mailto:tls@reports.example\"\n"
    "_smtp._tls.posted TXT \"v=TLSRPTv1; rua=https://reports.example:PORT/v1\"\n"
    "_smtp._tls.both TXT \"v=TLSRPTv1; rua=https://nowhere.example/,mailto:alice@local.example\"\n"
    "_smtp._tls.silent TXT \"v=TLSRPTv1; rua=https://nowhere.example/\"\n"
    "_smtp._tls.broken CNAME txt.expired\n"
    "mailed A 192.0.2.1\nunasked A 192.0.2.1\nreports A 127.0.0.1\n";

std::string with_port(std::string text, std::uint16_t port) {
    return text.replace(text.find("PORT"), 4, std::to_string(port));
}

class TlsReportsTest : public testing::Test {
  protected:
    TlsReportsTest()
        : web(net::make_certificate({.common_names = {"x"}, .alternative_names = "DNS:reports.example"}, &authority)),
          nsd(with_port(records, web.address().port())),
          resolver(world.loop, nsd.settings()) {
        web.set_answer("200 OK\r\n", "");
        std::ofstream(world.folder.path() + "/ca.pem") << authority.certificate_pem();
        settings.folder = world.folder.path() + "/state/tlsrpt";
        settings.https.ca_file = world.folder.path() + "/ca.pem";
        settings.https.allowed = {net::Network::parse("127.0.0.0/8").value()};
        settings.save_interval = std::chrono::seconds(0);
        settings.clock = [this] { return time; };
        world.loop.run_until_complete(resolver.start());
        start();
    }
    ~TlsReportsTest() override {
        stop();
        world.loop.run_until_complete(resolver.stop());
    }
    void start() {
        world.start();
        reports.emplace(*world.parts, resolver, counters, settings);
        reports->on_mail = [this](const std::string& id) { world.active->look_at(id); };
        world.daemon->background().spawn([](TlsReports* run, net::Event* end) { return run->run(*end); }, &*reports,
                                         &world.daemon->stopping());
    }
    void stop() {
        world.stop();
        reports.reset();
    }
    void count(const std::string& domain) { counters.success({tlsrpt::PolicyType::no_policy_found, {}, domain, {}}); }
    std::vector<tlsrpt::Period> kept() const { return tlsrpt::PeriodFiles(settings.folder).load().value(); }
    const std::vector<ScriptedCourier::Delivery>& deliveries() const { return world.courier.deliveries; }

    net::Identity authority = net::make_authority();
    https::RunningHttps web;
    dns::RunningNsd nsd;
    QueueWorld world;
    dns::Resolver resolver;
    tlsrpt::Counters counters;
    TlsReportsSettings settings;
    std::int64_t time = midnight + 3600;
    std::optional<TlsReports> reports;
};

TEST_F(TlsReportsTest, WhoAsksIsToldByTheWaysThatAreNamed) {
    for (const char* domain : {"mailed.example", "posted.example", "both.example", "unasked.example"}) count(domain);
    reports->send_now(true);
    world.until([&] { return deliveries().size() == 2 && web.requests() == 1 && kept().empty(); });
    EXPECT_EQ(web.request_line(), "POST /v1 HTTP/1.1");
    EXPECT_NE(web.header().find("Content-Type: application/tlsrpt+gzip\n"), std::string::npos) << web.header();
    EXPECT_TRUE(web.content().starts_with("\x1f\x8b"));
    const bool first = deliveries()[0].recipients[0] == "tls@reports.example";
    const auto& mail = deliveries()[first ? 0 : 1];
    EXPECT_EQ(mail.destination, "smtp:reports.example");
    EXPECT_EQ(mail.sender, "<postmaster@local.example>");
    for (const char* part :
         {"Subject: Report Domain: mailed.example\r\n Submitter: local.example\r\n", "report-type=\"tlsrpt\"",
          "TLS-Report-Domain: mailed.example\r\n", "TLS-Required: No\r\n", "application/tlsrpt+gzip"})
        EXPECT_NE(mail.content.find(part), std::string::npos) << part << mail.content;
    EXPECT_EQ(deliveries()[first ? 1 : 0].destination, "local");
    reports->send_now(true);
    count("unasked.example");
    world.until([&] { return counters.domains().empty(); });
    EXPECT_EQ(deliveries().size(), 2u) << "once";
}

TEST_F(TlsReportsTest, AReportThatComesBackIsNobodysBusiness) {
    world.courier.fate = [](const std::string&, const std::string&) {
        return Fate{.kind = spool::EventKind::bounced, .status = "5.1.1", .reply = "550 5.1.1 No such user"};
    };
    count("mailed.example");
    reports->send_now(true);
    world.until([&] { return deliveries().size() == 1 && world.files(spool::Folder::incoming).empty(); });
    EXPECT_TRUE(world.files(spool::Folder::deferred).empty());
    EXPECT_EQ(deliveries().size(), 1u);
}

TEST_F(TlsReportsTest, ADayIsKeptOverARestartAndSentWhenItIsOver) {
    count("mailed.example");
    count("silent.example");
    world.until([&] { return !kept().empty(); });
    stop();
    ASSERT_EQ(kept().size(), 1u);
    EXPECT_EQ(kept()[0].end, 0);
    counters = {};
    start();
    world.until([&] { return counters.domains().size() == 2; });
    count("mailed.example");
    stop();
    counters = {};
    time = midnight + 86'400 + 4 * 3600;
    start();
    world.until([&] { return deliveries().size() == 1 && kept().size() == 1 && kept()[0].domains.size() == 1; });
    EXPECT_NE(deliveries()[0].content.find("!" + std::to_string(midnight + 86'399) + "!"), std::string::npos);
    EXPECT_TRUE(kept()[0].domains.contains("silent.example")) << "tried again later";
    stop();
    time += 3 * 86'400;
    start();
    world.until([&] { return kept().empty(); });
    EXPECT_EQ(deliveries().size(), 1u) << "given up";
}

TEST_F(TlsReportsTest, SwitchedOffNothingIsCountedOrSent) {
    stop();
    world.config.outbound.tls_reports = false;
    start();
    count("mailed.example");
    reports->send_now(true);
    world.until([&] { return counters.domains().empty(); });
    EXPECT_TRUE(deliveries().empty());
    EXPECT_TRUE(kept().empty());
}

}  // namespace
}  // namespace posthouse::queued
