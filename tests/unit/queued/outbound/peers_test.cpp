// Deliveries to Postfix and Exim as Debian has them: TLS in all its forms, log-ins, and content that must arrive
// unchanged.
#include <openssl/sha.h>
#include <openssl/x509.h>

#include <algorithm>
#include <fstream>

#include "lib/base/hex.h"
#include "tests/unit/child_process.h"
#include "tests/unit/https/running_https.h"
#include "tests/unit/queued/outbound/mail_servers.h"
#include "tests/unit/queued/outbound/world.h"

namespace posthouse::queued {
namespace {

using Kinds = std::vector<spool::EventKind>;

/// "3 1 1 <digest>": of the key of a certificate.
std::string record_of(const net::Identity& identity) {
    unsigned char* bytes = nullptr;
    const int size = i2d_PUBKEY(identity.key.get(), &bytes);
    unsigned char digest[SHA256_DIGEST_LENGTH];
    SHA256(bytes, static_cast<std::size_t>(size), digest);
    OPENSSL_free(bytes);
    return "3 1 1 " + hex::encode({reinterpret_cast<const char*>(digest), sizeof digest});
}

class Peers : public World {
  protected:
    void SetUp() override {
        if (const std::string reason = why_no_mta_here(); !reason.empty()) GTEST_SKIP() << reason;
        settings_.port = port_;
        net::TlsClientSettings client;
        client.ca_pem = authority_.certificate_pem();
        settings_.tls_context = net::TlsContext::client(client).value();
        ASSERT_TRUE(dane::enable(settings_.tls_context->raw()));
    }
    net::Identity identity(const std::string& names, long valid_for = 3600) {
        return net::make_certificate({.common_names = {"x"}, .alternative_names = names, .valid_for = valid_for},
                                     &authority_);
    }
    void postfix(const net::Identity& shown, const std::string& domains, const std::string& more = "") {
        server_ = std::make_unique<Mta>(Mta::Kind::postfix,
                                        postfix_files(domains, shown.certificate_pem(), shown.key_pem(), more), port_);
    }
    std::string tlsa(const std::string& host, const net::Identity& identity) const {
        return "_" + std::to_string(port_) + "._tcp." + host + " TLSA " + record_of(identity) + "\n";
    }
    std::size_t stored() const { return server_->wait_for_messages(0).size(); }
    /// Of the report for `domain`: successes and failures, summed up.
    std::pair<std::uint64_t, std::uint64_t> reported(const std::string& domain) {
        std::pair<std::uint64_t, std::uint64_t> sums;
        for (const auto& [name, results] : counters_.take()) {
            if (name != domain) continue;
            for (const tlsrpt::PolicyResults& result : results) {
                sums.first += result.successes;
                sums.second += result.failures;
            }
        }
        return sums;
    }

    const std::uint16_t port_ = free_tcp_port();
    net::Identity authority_ = net::make_authority();
    std::unique_ptr<Mta> server_;
};

TEST_F(Peers, PostfixWithDaneIsVerifiedByItsRecords) {
    const net::Identity good = identity("DNS:other.example", -60);  // DANE-EE: neither names nor dates count
    const net::Identity other = identity("DNS:mx.mismatch.example");
    postfix(good, "right.example, post.example, mismatch.example, bare.example");
    resolve("post MX 10 mx.post\nmx.post A 127.0.0.1\n" + tlsa("mx.post", good) +
            "mismatch MX 10 mx.mismatch\nmx.mismatch A 127.0.0.1\n" + tlsa("mx.mismatch", other) +
            "bare MX 10 mx.bare\nmx.bare A 127.0.0.1\n");
    Attempt attempt = deliver("", {"a@post.example"});
    EXPECT_EQ(kinds(attempt), Kinds{relayed}) << attempt.fates[0].reply;
    EXPECT_EQ(reported("post.example"), (std::pair<std::uint64_t, std::uint64_t>(1, 0)));
    const std::string message = server_->wait_for_messages(1)[0];
    EXPECT_NE(message.find("using TLSv1.3"), std::string::npos) << message;

    attempt = deliver("", {"a@mismatch.example"});
    EXPECT_EQ(kinds(attempt), Kinds{deferred});
    EXPECT_EQ(attempt.fates[0].status, "4.7.5");
    EXPECT_NE(attempt.fates[0].reply.find("can't be verified"), std::string::npos) << attempt.fates[0].reply;
    EXPECT_EQ(reported("mismatch.example"), (std::pair<std::uint64_t, std::uint64_t>(0, 1)));

    // Without records TLS is used, and nobody looks at an expired certificate.
    attempt = deliver("", {"a@bare.example"});
    EXPECT_EQ(kinds(attempt), Kinds{relayed}) << attempt.fates[0].reply;
    EXPECT_EQ(server_->wait_for_messages(2).size(), 2u);
}

TEST_F(Peers, DaneOnlyAndRecordsThatCannotBeValidatedSendNothing) {
    const net::Identity good = identity("DNS:mx.bare.example");
    postfix(good, "bare.example, broken.example");
    resolve("bare MX 10 mx.bare\nmx.bare A 127.0.0.1\nbroken MX 10 mx.broken1\nmx.broken1 A 127.0.0.1\n_" +
            std::to_string(port_) + "._tcp.mx.broken1 CNAME tlsa.expired\n");
    ASSERT_TRUE(settings_.tls.add("bare.example=dane-only"));
    for (const char* domain : {"bare.example", "broken.example"}) {
        const Attempt attempt = deliver("", {std::string("a@") + domain});
        EXPECT_EQ(kinds(attempt), Kinds{deferred}) << domain;
        EXPECT_EQ(attempt.fates[0].status, "4.7.5");
        EXPECT_EQ(attempt.outcome, schedule::Outcome::unreachable);
    }
    EXPECT_EQ(stored(), 0u);
}

TEST_F(Peers, VerifyWantsACertificateForTheHost) {
    const net::Identity good = identity("DNS:mx.post.example");
    postfix(good, "post.example, second.example");
    resolve("post MX 10 mx.post\nmx.post A 127.0.0.1\nsecond MX 10 mx2.post\nmx2.post A 127.0.0.1\n");
    ASSERT_TRUE(settings_.tls.add("post.example=verify"));
    ASSERT_TRUE(settings_.tls.add("second.example=verify"));
    EXPECT_EQ(kinds(deliver("", {"a@post.example"})), Kinds{relayed});
    const Attempt attempt = deliver("", {"a@second.example"});
    EXPECT_EQ(kinds(attempt), Kinds{deferred});
    EXPECT_NE(attempt.fates[0].reply.find("hostname mismatch"), std::string::npos) << attempt.fates[0].reply;
}

TEST_F(Peers, PostfixIsSentBouncesRefusalsAndReportsAsItSaysThem) {
    const net::Identity good = identity("DNS:mx.post.example");
    postfix(good, "post.example");
    resolve("post MX 10 mx.post\nmx.post A 127.0.0.1\n");
    envelope_.sender = std::nullopt;
    notify_ = smtp::DsnNotify{.success = false, .failure = true, .delay = false};
    const Attempt attempt = deliver("", {"nobody@post.example", "a@post.example", "a@elsewhere.example"});
    EXPECT_EQ(kinds(attempt), (Kinds{bounced, relayed, bounced}));
    EXPECT_EQ(attempt.fates[1].promise, spool::NoticePromise::yes);
    EXPECT_EQ(attempt.fates[0].remote, "mx.post.example[127.0.0.1]");
}

TEST_F(Peers, MtaStsIsEnforced) {
    const net::Identity shown = identity("DNS:mx.sts.example");
    const net::Identity web_identity = identity("DNS:mta-sts.sts.example, DNS:mta-sts.testing.example");
    postfix(shown, "sts.example, testing.example");
    https::RunningHttps web(web_identity);
    const std::string enforce = "version: STSv1\nmode: enforce\nmx: mx.sts.example\nmax_age: 604800\n";
    web.set_text(enforce);
    TemporaryFolder folder;
    std::ofstream(folder.path() + "/ca.pem") << authority_.certificate_pem();
    sts_.emplace();
    sts_->folder = folder.path() + "/policies";
    sts_->fetch.https.ca_file = folder.path() + "/ca.pem";
    sts_->fetch.port = web.address().port();
    sts_->fetch.https.allowed = {net::Network::parse("127.0.0.0/8").value()};
    resolve(
        "sts MX 10 mx.sts\nsts MX 20 mx2.sts\nmx.sts A 127.0.0.1\nmx2.sts A 127.0.0.1\n"
        "_mta-sts.sts TXT \"v=STSv1; id=1;\"\nmta-sts.sts A 127.0.0.1\n"
        "other MX 10 mx2.sts\n_mta-sts.other TXT \"v=STSv1; id=1;\"\n"
        "testing MX 10 mx2.sts\n_mta-sts.testing TXT \"v=STSv1; id=1;\"\nmta-sts.testing A 127.0.0.1\n");
    Attempt attempt = deliver("", {"a@sts.example"});
    EXPECT_EQ(kinds(attempt), Kinds{relayed}) << attempt.fates[0].reply;
    EXPECT_EQ(attempt.fates[0].remote, "mx.sts.example[127.0.0.1]");
    EXPECT_EQ(reported("sts.example"), (std::pair<std::uint64_t, std::uint64_t>(1, 0)));
    // Neither the host nor its certificate is what the policy says; in testing that is only counted.
    web.set_text("version: STSv1\nmode: testing\nmx: mx.sts.example\nmax_age: 604800\n");
    attempt = deliver("", {"a@testing.example"});
    EXPECT_EQ(kinds(attempt), Kinds{relayed}) << attempt.fates[0].reply;
    EXPECT_EQ(reported("testing.example"), (std::pair<std::uint64_t, std::uint64_t>(0, 1)));
    EXPECT_EQ(server_->wait_for_messages(2).size(), 2u);
}

TEST_F(Peers, MtaStsSendsNothingToAHostThatIsNotInThePolicyOrHasAnotherName) {
    const net::Identity shown = identity("DNS:mx.sts.example");
    const net::Identity web_identity = identity("DNS:mta-sts.sts.example, DNS:mta-sts.named.example");
    postfix(shown, "sts.example, named.example");
    https::RunningHttps web(web_identity);
    web.set_text("version: STSv1\nmode: enforce\nmx: mx.elsewhere.example\nmax_age: 604800\n");
    TemporaryFolder folder;
    std::ofstream(folder.path() + "/ca.pem") << authority_.certificate_pem();
    sts_.emplace();
    sts_->folder = folder.path() + "/policies";
    sts_->fetch.https.ca_file = folder.path() + "/ca.pem";
    sts_->fetch.port = web.address().port();
    sts_->fetch.https.allowed = {net::Network::parse("127.0.0.0/8").value()};
    resolve(
        "sts MX 10 mx.sts\nmx.sts A 127.0.0.1\n_mta-sts.sts TXT \"v=STSv1; id=1;\"\nmta-sts.sts A 127.0.0.1\n"
        "named MX 10 mx.named\nmx.named A 127.0.0.1\n_mta-sts.named TXT \"v=STSv1; id=1;\"\nmta-sts.named A "
        "127.0.0.1\n");
    Attempt attempt = deliver("", {"a@sts.example"});
    EXPECT_EQ(kinds(attempt), Kinds{deferred});
    EXPECT_NE(attempt.fates[0].reply.find("not among the mail hosts"), std::string::npos) << attempt.fates[0].reply;
    web.set_text("version: STSv1\nmode: enforce\nmx: *.named.example\nmax_age: 604800\n");
    attempt = deliver("", {"a@named.example"});
    EXPECT_EQ(kinds(attempt), Kinds{deferred});
    EXPECT_NE(attempt.fates[0].reply.find("hostname mismatch"), std::string::npos) << attempt.fates[0].reply;
    EXPECT_EQ(reported("named.example"), (std::pair<std::uint64_t, std::uint64_t>(0, 1)));
    EXPECT_EQ(stored(), 0u);
}

TEST_F(Peers, EximAsSmartHostWantsALogIn) {
    const net::Identity shown = identity("DNS:mail.post.example");
    server_ = std::make_unique<Mta>(Mta::Kind::exim, exim_files(shown.certificate_pem(), shown.key_pem()), port_);
    resolve("mail.post A 127.0.0.1\nwrong.post A 127.0.0.1\n");
    const std::string port = ":" + std::to_string(port_);
    const auto credentials = [](const char* password) {
        return std::make_shared<const transfer::Credentials>(transfer::Credentials{"joe", Secret(password)});
    };
    settings_.credentials["smtp:[mail.post.example]" + port] = credentials("secret");
    settings_.credentials["smtp:[wrong.post.example]" + port] = credentials("secret");
    settings_.credentials["smtp:[127.0.0.1]" + port] = credentials("wrong");
    ASSERT_TRUE(settings_.tls.add("[127.0.0.1]" + port + "=encrypt"));
    Attempt attempt = deliver("smtp:[mail.post.example]" + port, {"a@example.net"});
    EXPECT_EQ(kinds(attempt), Kinds{relayed}) << attempt.fates[0].reply;
    // A password goes to who shows that it is the one.
    attempt = deliver("smtp:[wrong.post.example]" + port, {"a@example.net"});
    EXPECT_EQ(kinds(attempt), Kinds{deferred});
    EXPECT_NE(attempt.fates[0].reply.find("hostname mismatch"), std::string::npos) << attempt.fates[0].reply;
    attempt = deliver("smtp:[127.0.0.1]" + port, {"a@example.net"});
    EXPECT_EQ(kinds(attempt), Kinds{deferred});
    EXPECT_NE(attempt.fates[0].reply.find("refuses the log-in: 535"), std::string::npos) << attempt.fates[0].reply;
    EXPECT_EQ(server_->wait_for_messages(1).size(), 1u);
}

/// What is hard to carry: dots, bare tabs, lines of 998 octets, 8-bit, no line end at the end of a part.
std::string hard_content(std::size_t lines) {
    std::string content =
        "From: joe@example.org\r\nDate: Sat, 28 Nov 2026 03:34:21 +0000\r\nMessage-Id: <1@example.org>\r\nSubject: "
        "hard\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
        "Content-Transfer-Encoding: 8bit\r\n\r\n.\r\n..\r\n.x\r\n\r\n";
    for (std::size_t i = 0; i < lines; ++i) content += std::string(i % 999, i % 7 == 0 ? '.' : 'x') + "\r\n";
    return content + "f\xC3\xBCr\t\r\n.\r\n";
}

/// As a Maildir has it.
std::string stored_form(std::string content) {
    std::erase(content, '\r');
    return content.substr(content.find("Subject: hard"));
}

TEST_F(Peers, PostfixGetsHardContentUnchanged) {
    const net::Identity shown = identity("DNS:mx.post.example");
    postfix(shown, "post.example");
    resolve("post MX 10 mx.post\nmx.post A 127.0.0.1\n");
    envelope_.body = smtp::Body::eight_bit_mime;
    std::size_t sent = 0;
    for (const std::size_t lines : {0u, 100u, 6000u}) {  // by DATA, and 3 MB by BDAT
        const std::string content = hard_content(lines);
        const Attempt attempt = deliver("", {"a@post.example"}, content);
        EXPECT_EQ(kinds(attempt), Kinds{relayed}) << attempt.fates[0].reply;
        const std::vector<std::string> all = server_->wait_for_messages(++sent);
        const std::string wanted = stored_form(content);
        EXPECT_TRUE(std::ranges::any_of(all, [&](const std::string& one) { return one.ends_with(wanted); })) << lines;
    }
}

TEST_F(Peers, EximGetsHardContentUnchanged) {
    const net::Identity shown = identity("DNS:mail.post.example");
    server_ = std::make_unique<Mta>(Mta::Kind::exim, exim_files(shown.certificate_pem(), shown.key_pem()), port_);
    resolve("mail.post A 127.0.0.1\n");
    const std::string next_hop = "smtp:[mail.post.example]:" + std::to_string(port_);
    settings_.credentials[next_hop] =
        std::make_shared<const transfer::Credentials>(transfer::Credentials{"joe", Secret("secret")});
    envelope_.body = smtp::Body::eight_bit_mime;
    std::size_t sent = 0;
    for (const std::size_t lines : {0u, 100u, 6000u}) {
        const std::string content = hard_content(lines);
        const Attempt attempt = deliver(next_hop, {"a@example.net"}, content);
        EXPECT_EQ(kinds(attempt), Kinds{relayed}) << attempt.fates[0].reply;
        const std::vector<std::string> all = server_->wait_for_messages(++sent);
        const std::string wanted = stored_form(content);
        EXPECT_TRUE(std::ranges::any_of(all, [&](const std::string& one) { return one.ends_with(wanted); })) << lines;
    }
}

}  // namespace
}  // namespace posthouse::queued
