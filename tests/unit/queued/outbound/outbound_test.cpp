// Deliveries to servers that do what a script says, and to smtp-sink.
#include "queued/outbound/outbound.h"

#include <algorithm>

#include "tests/unit/queued/outbound/mail_servers.h"
#include "tests/unit/queued/outbound/world.h"

namespace posthouse::queued {
namespace {

using Kinds = std::vector<spool::EventKind>;

const std::string greeting = "> 220 mx.example ESMTP";
const std::string plain = "> 250-mx.example\r\n250-8BITMIME\r\n250 SIZE 1000000";

/// Greets, and offers that.
Script offering(const std::string& ehlo, Script rest) {
    Script script = {greeting, "< EHLO client.example", ehlo};
    script.insert(script.end(), rest.begin(), rest.end());
    return script;
}
const Script takes_one = {"< MAIL", "> 250 ok", "< RCPT", "> 250 ok",
                          "< DATA", "> 354 go", "data",   "> 250 2.0.0 queued as 1"};
const Script takes_for_ever =
    offering(plain, {"< ", "> 250 ok", "< RCPT", "> 250 ok", "< DATA", "> 354 go", "data", "> 250 ok", "again 3"});

class OutboundWay : public World {};

TEST_F(OutboundWay, TellsWhatBecameOfEachRecipient) {
    ScriptedServer& server =
        serve({offering(plain, {"< MAIL FROM:<joe@example.org> SIZE=21", "> 250 ok", "< RCPT", "> 250 ok", "< RCPT",
                                "> 550 5.1.1 no such user", "< RCPT", "> 450 4.2.1 box busy", "< DATA", "> 354 go",
                                "data", "> 250 2.0.0 queued as 1"})});
    const Attempt attempt = deliver(hop(server), {"a@example.net", "b@example.net", "c@example.net"});
    EXPECT_EQ(kinds(attempt), (Kinds{relayed, bounced, deferred}));
    EXPECT_EQ(attempt.outcome, schedule::Outcome::served);
    EXPECT_EQ(attempt.fates[0].remote, "[127.0.0.1]:" + std::to_string(server.address().port()));
    EXPECT_EQ(attempt.fates[0].reply, "250 2.0.0 queued as 1");
    EXPECT_EQ(attempt.fates[1].status, "5.1.1");
    EXPECT_EQ(attempt.fates[1].reply, "550 5.1.1 no such user");
    EXPECT_EQ(attempt.fates[2].status, "4.2.1");
}

TEST_F(OutboundWay, KeepsConnectionsForTheNextMessage) {
    ScriptedServer& server = serve({takes_for_ever});
    for (int i = 0; i < 3; ++i) EXPECT_EQ(kinds(deliver(hop(server), {"a@example.net"})), Kinds{relayed});
    EXPECT_EQ(server.connections, 1);
    EXPECT_EQ(outbound().idle_connections(), 1u);
}

TEST_F(OutboundWay, ClosesConnectionsThatWereIdleLongEnough) {
    settings_.connection_idle = std::chrono::milliseconds(20);
    Script script = offering(plain, takes_one);
    script.insert(script.end(), {"< QUIT", "> 221 bye"});
    ScriptedServer& server = serve({script});
    EXPECT_EQ(kinds(deliver(hop(server), {"a@example.net"})), Kinds{relayed});
    const net::Deadline deadline = soon();
    while (outbound().idle_connections() > 0 && !deadline.passed())
        wait([](net::Loop& loop) -> net::Async<> { co_await loop.yield(); }(loop()));
    EXPECT_EQ(outbound().idle_connections(), 0u);
    wait(outbound().close());
    EXPECT_EQ(server.heard.back(), "QUIT");
}

TEST_F(OutboundWay, NothingGoesByConnectionsOfOtherSettings) {
    auto stricter = std::make_shared<OutboundSettings>(settings_);
    stricter->tls_context = net::TlsContext::client({}).value();
    stricter->tls = TlsPolicies(TlsLevel::encrypt);
    ScriptedServer& server = serve({takes_for_ever, offering(plain, {"< QUIT", "> 221 bye"})});
    EXPECT_EQ(kinds(deliver(hop(server), {"a@example.net"})), Kinds{relayed});
    EXPECT_EQ(outbound().idle_connections(), 1u);
    outbound().use(stricter);
    EXPECT_EQ(outbound().idle_connections(), 0u);
    const Attempt attempt = deliver(hop(server), {"a@example.net"});
    EXPECT_EQ(kinds(attempt), Kinds{deferred});
    EXPECT_EQ(attempt.fates[0].status, "4.7.5");
}

TEST_F(OutboundWay, ADomainsPolicyCountsAtItsNextHopToo) {
    settings_.tls_context = net::TlsContext::client({}).value();
    settings_.tls = TlsPolicies(TlsLevel::encrypt);
    ScriptedServer& server = serve({takes_for_ever, offering(plain, {"< QUIT", "> 221 bye"})});
    ASSERT_TRUE(settings_.tls.add(hop(server).substr(5) + "=none"));
    ASSERT_TRUE(settings_.tls.add("strict.example=encrypt"));
    ASSERT_TRUE(settings_.tls.add("lax.example=none"));
    EXPECT_EQ(kinds(deliver(hop(server), {"a@other.example"})), Kinds{relayed});
    const Attempt attempt = deliver(hop(server), {"a@strict.example", "b@lax.example"});
    EXPECT_EQ(kinds(attempt), (Kinds{deferred, deferred}));
    EXPECT_EQ(attempt.fates[0].status, "4.7.5");
    EXPECT_EQ(kinds(deliver(hop(server), {"a@lax.example"})), Kinds{relayed}) << "by the connection that was kept";
    EXPECT_EQ(server.connections, 2);
}

TEST_F(OutboundWay, ADeliveryThatOutlivesAReloadKeepsNoConnection) {
    ScriptedServer& server = serve({takes_for_ever});
    envelope_.recipients = {{.address = box("a@example.net")}};
    TextSource source(short_message);
    const Parcel parcel{.envelope = envelope_, .recipients = {0}, .content = source};
    const Route route = parse_route(hop(server), "").value();
    const auto newer = std::make_shared<const OutboundSettings>(settings_);
    struct Work {
        static net::Async<> deliver(Outbound* outbound, const Route* route, const Parcel* parcel) {
            const Attempt attempt = co_await outbound->deliver(*route, *parcel);
            EXPECT_EQ(kinds(attempt), Kinds{relayed});
        }
        static net::Async<> both(net::Loop& loop, Outbound& outbound, const Route& route, const Parcel& parcel,
                                 ScriptedServer& server, std::shared_ptr<const OutboundSettings> newer) {
            net::Scope scope(loop);
            scope.spawn(deliver, &outbound, &route, &parcel);
            while (server.heard.empty()) co_await loop.yield();
            outbound.use(std::move(newer));
            co_await scope.join();
        }
    };
    wait(Work::both(loop(), outbound(), route, parcel, server, newer));
    EXPECT_EQ(outbound().idle_connections(), 0u);
}

TEST_F(OutboundWay, TakesANewConnectionAfterSoManyMessages) {
    settings_.connection_messages = 2;
    ScriptedServer& server = serve({takes_for_ever});
    for (int i = 0; i < 4; ++i) EXPECT_EQ(kinds(deliver(hop(server), {"a@example.net"})), Kinds{relayed});
    EXPECT_EQ(server.connections, 2);
}

TEST_F(OutboundWay, AKeptConnectionThatDiedIsNoFailure) {
    // Closed while idle; and closed only when it is used again.
    Script closes = offering(plain, takes_one);
    Script closes_late = closes;
    closes_late.emplace_back("< MAIL");
    ScriptedServer& server = serve({closes, closes_late, takes_for_ever});
    for (int i = 0; i < 3; ++i) {
        const Attempt attempt = deliver(hop(server), {"a@example.net"});
        EXPECT_EQ(kinds(attempt), Kinds{relayed}) << attempt.fates[0].reply;
    }
    EXPECT_EQ(server.connections, 3);
}

TEST_F(OutboundWay, TooManyRecipientsGoInSeveralTransactions) {
    ScriptedServer& server =
        serve({offering(plain, {"< MAIL", "> 250 ok", "< RCPT TO:<a", "> 250 ok", "< RCPT TO:<b",
                                "> 452 4.5.3 too many", "< DATA", "> 354 go", "data", "> 250 ok", "< MAIL", "> 250 ok",
                                "< RCPT TO:<b", "> 250 ok", "< DATA", "> 354 go", "data", "> 250 ok"}),
               offering("> 250-mx.example\r\n250 LIMITS RCPTMAX=2 MAILMAX=1",
                        {"< MAIL", "> 250 ok", "< RCPT TO:<a", "> 250 ok", "< RCPT TO:<b", "> 250 ok", "< DATA",
                         "> 354 go", "data", "> 250 ok", "< QUIT", "> 221 bye"}),
               offering("> 250-mx.example\r\n250 LIMITS RCPTMAX=2 MAILMAX=1",
                        {"< MAIL", "> 250 ok", "< RCPT TO:<c", "> 250 ok", "< DATA", "> 354 go", "data", "> 250 ok",
                         "< QUIT", "> 221 bye"})});
    settings_.connection_messages = 1;
    EXPECT_EQ(kinds(deliver(hop(server), {"a@example.net", "b@example.net"})), (Kinds{relayed, relayed}));
    const std::string twice = hop(server) + "," + hop(server).substr(5);
    EXPECT_EQ(kinds(deliver(twice, {"a@example.net", "b@example.net", "c@example.net"})),
              (Kinds{relayed, relayed, relayed}));
}

TEST_F(OutboundWay, NobodyAcceptedOfTooManyStayDeferred) {
    ScriptedServer& server = serve({offering(plain, {"< MAIL", "> 250 ok", "< RCPT", "> 452 4.5.3 too many"})});
    const Attempt attempt = deliver(hop(server), {"a@example.net"});
    EXPECT_EQ(kinds(attempt), Kinds{deferred});
    EXPECT_EQ(attempt.outcome, schedule::Outcome::served);
}

TEST_F(OutboundWay, AnotherHostIsAskedWhenOneTakesNothing) {
    ScriptedServer& first = serve({offering(plain, {"< MAIL", "> 451 4.3.1 no room"})});
    ScriptedServer& second = serve({offering(plain, takes_one)});
    const Attempt attempt = deliver(hop(first) + "," + hop(second).substr(5), {"a@example.net"});
    EXPECT_EQ(kinds(attempt), Kinds{relayed});
    EXPECT_EQ(attempt.outcome, schedule::Outcome::served);
}

TEST_F(OutboundWay, AnotherHostIsAskedWhenOneIsLostBeforeTheContent) {
    ScriptedServer& first = serve({offering(plain, {"< MAIL", "> 250 ok", "< RCPT"})});
    ScriptedServer& second = serve({offering(plain, takes_one)});
    EXPECT_EQ(kinds(deliver(hop(first) + "," + hop(second).substr(5), {"a@example.net"})), Kinds{relayed});
}

TEST_F(OutboundWay, NobodyElseIsAskedWhenOneMayHaveIt) {
    ScriptedServer& first =
        serve({offering(plain, {"< MAIL", "> 250 ok", "< RCPT", "> 250 ok", "< DATA", "> 354 go", "data"})});
    ScriptedServer& second = serve({offering(plain, takes_one)});
    const Attempt attempt = deliver(hop(first) + "," + hop(second).substr(5), {"a@example.net"});
    EXPECT_EQ(kinds(attempt), Kinds{deferred});
    EXPECT_EQ(attempt.fates[0].status, "4.4.2");
    EXPECT_EQ(attempt.outcome, schedule::Outcome::unreachable);
    EXPECT_EQ(second.connections, 0);
}

TEST_F(OutboundWay, ServersThatAreBusySaySo) {
    ScriptedServer& at_once = serve({{"> 421 4.7.0 too many connections"}});
    Attempt attempt = deliver(hop(at_once), {"a@example.net"});
    EXPECT_EQ(kinds(attempt), Kinds{deferred});
    EXPECT_EQ(attempt.outcome, schedule::Outcome::overloaded);
    EXPECT_EQ(attempt.fates[0].reply, "421 4.7.0 too many connections");
    ScriptedServer& later = serve({offering(plain, {"< MAIL", "> 250 ok", "< RCPT", "> 421 4.3.2 closing"})});
    attempt = deliver(hop(later), {"a@example.net", "b@example.net"});
    EXPECT_EQ(kinds(attempt), (Kinds{deferred, deferred}));
    EXPECT_EQ(attempt.outcome, schedule::Outcome::overloaded);
}

TEST_F(OutboundWay, AGreetingThatRefusesIsForGood) {
    ScriptedServer& server = serve({{"> 554 5.7.1 you are listed"}});
    const Attempt attempt = deliver(hop(server), {"a@example.net"});
    EXPECT_EQ(kinds(attempt), Kinds{bounced});
    EXPECT_EQ(attempt.fates[0].reply, "554 5.7.1 you are listed");
}

TEST_F(OutboundWay, FailuresAreTold) {
    const std::uint16_t nobody = serve({{}}).address().port();
    wait(servers_.back()->stop());
    servers_.clear();
    Attempt attempt = deliver("smtp:[127.0.0.1]:" + std::to_string(nobody), {"a@example.net"});
    EXPECT_EQ(kinds(attempt), Kinds{deferred});
    EXPECT_EQ(attempt.outcome, schedule::Outcome::unreachable);
    EXPECT_EQ(attempt.fates[0].status, "4.4.1");
    EXPECT_EQ(attempt.fates[0].remote, "");
    EXPECT_EQ(attempt.fates[0].reply,
              "451 4.4.1 Connection to [127.0.0.1]:" + std::to_string(nobody) + " failed: Connection refused");
    ScriptedServer& garbage = serve({{"> SSH-2.0"}});
    attempt = deliver(hop(garbage), {"a@example.net"});
    EXPECT_EQ(kinds(attempt), Kinds{deferred});
    EXPECT_EQ(attempt.fates[0].status, "4.5.0");
}

TEST_F(OutboundWay, WhatTheServerCannotTakeComesBack) {
    ScriptedServer& small = serve({offering("> 250-mx.example\r\n250 SIZE 10", {"hang"})});
    Attempt attempt = deliver(hop(small), {"a@example.net"});
    EXPECT_EQ(kinds(attempt), Kinds{bounced});
    EXPECT_EQ(attempt.fates[0].status, "5.3.4");
    ScriptedServer& ascii = serve({takes_for_ever});
    envelope_.smtputf8 = true;
    attempt = deliver(hop(ascii), {"\xC3\xBC@example.net"});
    EXPECT_EQ(kinds(attempt), Kinds{bounced});
    EXPECT_EQ(attempt.fates[0].status, "5.6.7");
    attempt = deliver(hop(ascii), {"a@example.net"}, "Subject: \xC3\xBC\r\n\r\nx\r\n");
    EXPECT_EQ(kinds(attempt), Kinds{bounced});
    EXPECT_EQ(attempt.fates[0].status, "5.6.7");
    attempt = deliver(hop(ascii), {"a@b\xC3\xBC"
                                   "cher.example"});  // a domain has a form in ASCII
    EXPECT_EQ(kinds(attempt), Kinds{relayed});
    EXPECT_EQ(std::count(ascii.heard.begin(), ascii.heard.end(), "RCPT TO:<a@xn--bcher-kva.example>"), 1);
    envelope_.require_tls = true;
    attempt = deliver(hop(ascii), {"a@example.net"});
    EXPECT_EQ(kinds(attempt), Kinds{bounced});
    EXPECT_EQ(attempt.fates[0].status, "5.7.30");
}

TEST_F(OutboundWay, EightBitContentIsEncodedForWhoDoesNotTakeIt) {
    ScriptedServer& server = serve({offering("> 250 mx.example", takes_one)});
    envelope_.body = smtp::Body::eight_bit_mime;
    const Attempt attempt = deliver(
        hop(server), {"a@example.net"},
        "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
        "f\xC3\xBCr alle, die das lesen, und auch sonst\r\n");
    EXPECT_EQ(kinds(attempt), Kinds{relayed}) << attempt.fates[0].reply;
    ASSERT_EQ(server.contents.size(), 1u);
    EXPECT_NE(server.contents[0].find("Content-Transfer-Encoding: quoted-printable"), std::string::npos);
    EXPECT_NE(server.contents[0].find("f=C3=BCr alle"), std::string::npos);
}

TEST_F(OutboundWay, DeliveryReportsAreTheNextServersWhereItPromisesThem) {
    notify_ = smtp::DsnNotify{.success = true, .failure = true, .delay = false};
    envelope_.envelope_id = "QQ314159";
    envelope_.priority = 3;
    ScriptedServer& promises = serve({offering("> 250-mx.example\r\n250-MT-PRIORITY\r\n250 DSN", takes_one)});
    EXPECT_EQ(deliver(hop(promises), {"a@example.net"}).fates[0].promise, spool::NoticePromise::yes);
    EXPECT_EQ(promises.heard[1], "MAIL FROM:<joe@example.org> ENVID=QQ314159 MT-PRIORITY=3");
    EXPECT_EQ(promises.heard[2], "RCPT TO:<a@example.net> NOTIFY=SUCCESS,FAILURE");
    ScriptedServer& does_not = serve({offering(plain, takes_one)});
    EXPECT_EQ(deliver(hop(does_not), {"a@example.net"}).fates[0].promise, spool::NoticePromise::no);
}

TEST_F(OutboundWay, LocalMailGoesToLmtpdWithItsId) {
    TemporaryFolder folder;
    settings_.lmtp_socket = folder.path() + "/lmtp.sock";
    servers_.push_back(std::make_unique<ScriptedServer>(
        loop(), settings_.lmtp_socket,
        std::vector<Script>{{"> 220 lmtpd", "< LHLO",
                             "> 250-lmtpd\r\n250-PIPELINING\r\n250 XFORWARD IDENT ADDR FIRST",
                             "< XFORWARD IDENT=abcdef0123456789 ADDR=IPV6:2001:db8::1", "< MAIL", "< RCPT",
                             "< RCPT", "< DATA", "> 250 ok\r\n250 ok\r\n250 ok\r\n250 ok\r\n354 go", "data",
                             "> 250 2.0.0 stored\r\n452 4.2.2 over quota"}}));
    envelope_.client.address = "2001:db8::1";
    const Attempt attempt = deliver("local", {"a@example.net", "b@example.net"});
    EXPECT_EQ(kinds(attempt), (Kinds{delivered, deferred}));
    EXPECT_EQ(attempt.fates[0].remote, "");
    EXPECT_EQ(attempt.outcome, schedule::Outcome::served);
}

TEST_F(OutboundWay, ClosingEndsWhatHasSentNoContent) {
    ScriptedServer& server = serve({offering(plain, {"< MAIL", "hang"})});
    envelope_.recipients = {{.address = box("a@example.net")}};
    TextSource source(short_message);
    const Parcel parcel{.envelope = envelope_, .recipients = {0}, .content = source};
    const Route route = parse_route(hop(server), "").value();
    struct Work {
        static net::Async<> deliver(Outbound* outbound, const Route* route, const Parcel* parcel, Attempt* attempt) {
            *attempt = co_await outbound->deliver(*route, *parcel);
        }
        static net::Async<> both(net::Loop& loop, Outbound& outbound, const Route& route, const Parcel& parcel,
                                 ScriptedServer& server, Attempt& attempt) {
            net::Scope scope(loop);
            scope.spawn(deliver, &outbound, &route, &parcel, &attempt);
            while (server.heard.size() < 2) co_await loop.yield();
            co_await outbound.close();
            co_await scope.join();
        }
    };
    Attempt attempt;
    wait(Work::both(loop(), outbound(), route, parcel, server, attempt));
    EXPECT_EQ(kinds(attempt), Kinds{deferred});
    EXPECT_TRUE(
        attempt.fates[0].reply.contains(": delivery was interrupted by the end of queued while sending the envelope"))
        << attempt.fates[0].reply;
    EXPECT_EQ(attempt.outcome, schedule::Outcome::cancelled);
}

TEST_F(OutboundWay, MailHostsAreTriedInTheirOrder) {
    const Sink sink;
    settings_.port = sink.port();
    resolve(
        "two MX 20 mx.two\ntwo MX 10 away.two\nmx.two A 127.0.0.1\naway.two A 127.0.0.2\n"
        "bare A 127.0.0.1\n");
    Attempt attempt = deliver("", {"a@two.example"});
    EXPECT_EQ(kinds(attempt), Kinds{relayed}) << attempt.fates[0].reply;
    EXPECT_EQ(attempt.fates[0].remote, "mx.two.example[127.0.0.1]");
    attempt = deliver("", {"a@bare.example"});
    EXPECT_EQ(attempt.fates[0].remote, "bare.example[127.0.0.1]");
    EXPECT_EQ(sink.wait_for_messages(2).size(), 2u);
}

TEST_F(OutboundWay, DomainsWithoutMailComeBack) {
    settings_.own_names = {"mx.own.example"};
    resolve("own MX 10 mx.own\nmx.own A 127.0.0.1\nlost MX 10 mx.lost\n");
    const std::map<std::string, std::string> statuses = {
        {"null", "5.1.10"}, {"nowhere", "5.1.2"}, {"own", "5.4.6"}, {"lost", "5.4.4"}};
    for (const auto& [domain, status] : statuses) {
        const Attempt attempt = deliver("", {"a@" + domain + ".example"});
        EXPECT_EQ(kinds(attempt), Kinds{bounced}) << domain;
        EXPECT_EQ(attempt.fates[0].status, status) << domain;
    }
    const Attempt attempt = deliver("", {"a@x.expired.example"});
    EXPECT_EQ(kinds(attempt), Kinds{deferred});
    EXPECT_EQ(attempt.fates[0].status, "4.4.3");
    EXPECT_EQ(attempt.outcome, schedule::Outcome::unreachable);
}

TEST_F(OutboundWay, HandshakesThatFailLeaveOnlyPlainTextAndOnlyWhereThatIsAllowed) {
    const Script no_tls = offering("> 250-mx.example\r\n250 STARTTLS", {"< STARTTLS", "> 220 go"});
    settings_.tls_context = net::TlsContext::client(false).value();
    ASSERT_TRUE(dane::enable(settings_.tls_context->raw()));
    ScriptedServer& may = serve({no_tls, offering(plain, takes_one)});
    ScriptedServer& must = serve({no_tls, offering(plain, takes_one)});
    ASSERT_TRUE(settings_.tls.add(hop(must).substr(5) + "=encrypt"));
    EXPECT_EQ(kinds(deliver(hop(may), {"a@example.net"})), Kinds{relayed});
    EXPECT_EQ(may.connections, 2);
    const Attempt attempt = deliver(hop(must), {"a@example.net"});
    EXPECT_EQ(kinds(attempt), Kinds{deferred});
    EXPECT_EQ(attempt.fates[0].status, "4.7.5");
    EXPECT_EQ(must.connections, 1);
}

TEST_F(OutboundWay, RequiretlsGoesToAVerifiedServerThatOffersIt) {
    const net::Identity authority = net::make_authority();
    const net::Identity shown =
        net::make_certificate({.common_names = {"x"}, .alternative_names = "DNS:mx.post.example"}, &authority);
    net::TlsSettings tls;
    tls.certificates.push_back({shown.certificate_pem(), shown.key_pem(), "test"});
    const auto context = net::TlsContext::server(tls).value();
    net::TlsClientSettings client;
    client.ca_pem = authority.certificate_pem();
    settings_.tls_context = net::TlsContext::client(client).value();
    ASSERT_TRUE(dane::enable(settings_.tls_context->raw()));
    resolve("mx.post A 127.0.0.1\nmx.else A 127.0.0.1\n");
    Script script = offering("> 250-mx.example\r\n250 STARTTLS",
                             {"< STARTTLS", "> 220 go", "tls", "< EHLO", "> 250-mx.example\r\n250 REQUIRETLS"});
    script.insert(script.end(), takes_one.begin(), takes_one.end());
    ScriptedServer& server = serve({script}, context);
    const std::string port = std::to_string(server.address().port());
    EXPECT_EQ(kinds(deliver("smtp:[mx.post.example]:" + port, {"a@example.net"})), Kinds{relayed});
    EXPECT_EQ(server.heard[3], "MAIL FROM:<joe@example.org>");
    envelope_.require_tls = true;
    Attempt attempt = deliver("smtp:[mx.post.example]:" + port, {"a@example.net"});
    EXPECT_EQ(kinds(attempt), Kinds{relayed}) << attempt.fates[0].reply;
    EXPECT_EQ(server.connections, 2);  // by one that was verified
    EXPECT_EQ(server.heard[9], "MAIL FROM:<joe@example.org> REQUIRETLS");
    attempt = deliver("smtp:[mx.else.example]:" + port, {"a@example.net"});
    EXPECT_EQ(kinds(attempt), Kinds{bounced});
    EXPECT_EQ(attempt.fates[0].status, "5.7.30");
}

TEST_F(OutboundWay, SmtpSinkTakesEverythingUnchanged) {
    const Sink sink;
    std::string content = short_message;
    for (int i = 0; i < 20'000; ++i) content += "." + std::string(static_cast<std::size_t>(i % 90), '.') + "\r\n";
    EXPECT_EQ(kinds(deliver("smtp:[127.0.0.1]:" + std::to_string(sink.port()), {"a@example.net"}, content)),
              Kinds{relayed});
    std::string stored = sink.wait_for_messages(1)[0];
    std::erase(content, '\r');
    EXPECT_NE(stored.find(content), std::string::npos) << stored.substr(0, 300);
}

TEST_F(OutboundWay, SmtpSinkThatRefusesOrDisconnectsIsToldAsItIs) {
    const Sink soft({"-r", "RCPT"});
    const Sink hard({"-f", "MAIL"});
    const Sink away({"-q", "DATA"});
    const auto to = [this](const Sink& sink) {
        return deliver("smtp:[127.0.0.1]:" + std::to_string(sink.port()), {"a@example.net"});
    };
    EXPECT_EQ(kinds(to(soft)), Kinds{deferred});
    EXPECT_EQ(kinds(to(hard)), Kinds{bounced});
    const Attempt attempt = to(away);
    EXPECT_EQ(kinds(attempt), Kinds{deferred});
    EXPECT_EQ(attempt.outcome, schedule::Outcome::unreachable);
}

}  // namespace
}  // namespace posthouse::queued
