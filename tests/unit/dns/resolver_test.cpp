// Tests of the resolver with a real server and signed zones.
#include "lib/dns/resolver.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "lib/base/hex.h"
#include "lib/dns/mail_hosts.h"
#include "tests/unit/dns/asking.h"
#include "tests/unit/dns/running_nsd.h"

namespace posthouse::dns {
namespace {

using namespace std::chrono_literals;

/// What a test can tell of an answer in one line.
template <typename Record>
std::string summary(const Answer<Record>& answer) {
    return std::string(to_string(answer.outcome)) + " " + std::string(to_string(answer.dnssec)) + " " +
           std::to_string(answer.records.size()) + " " + answer.name;
}

TEST(Resolver, GivesSignedRecordsAsSecure) {
    RunningNsd server;
    Asking resolver(server.settings());
    EXPECT_EQ(resolver->mode(), Mode::recursing);
    Answer<Mx> mx = resolver.wait(resolver->mx("Right.Example.", soon()));
    EXPECT_EQ(summary(mx), "records secure 2 right.example");
    std::ranges::sort(mx.records, {}, &Mx::preference);
    EXPECT_EQ(mx.records, (std::vector<Mx>{{10, "mx1.right.example"}, {20, "mx2.right.example"}}));
    EXPECT_GT(mx.ttl, 0u);
    EXPECT_LE(mx.ttl, 300u);

    const auto a = resolver.wait(resolver->a("mx1.right.example", soon()));
    ASSERT_EQ(summary(a), "records secure 1 mx1.right.example");
    EXPECT_EQ(a.records[0].ip(), "192.0.2.1");
    const auto aaaa = resolver.wait(resolver->aaaa("mx1.right.example", soon()));
    ASSERT_EQ(summary(aaaa), "records secure 1 mx1.right.example");
    EXPECT_EQ(aaaa.records[0].ip(), "2001:db8::1");
    const auto tlsa = resolver.wait(resolver->tlsa("_25._tcp.mx1.right.example", soon()));
    ASSERT_EQ(summary(tlsa), "records secure 1 _25._tcp.mx1.right.example");
    EXPECT_EQ(tlsa.records[0].usage, 3);
    EXPECT_EQ(hex::encode(tlsa.records[0].data).substr(0, 8), "01234567");
    const auto txt = resolver.wait(resolver->txt("txt.example", soon()));
    ASSERT_EQ(summary(txt), "records secure 1 txt.example");
    EXPECT_EQ(txt.records[0], "one two");
}

TEST(Resolver, TellsNoNameNoDataAndNullMxApart) {
    RunningNsd server;
    Asking resolver(server.settings());
    EXPECT_EQ(summary(resolver.wait(resolver->mx("nothere.example", soon()))), "no_name secure 0 nothere.example");
    EXPECT_EQ(summary(resolver.wait(resolver->mx("only-a.example", soon()))), "no_data secure 0 only-a.example");
    EXPECT_EQ(summary(resolver.wait(resolver->tlsa("_25._tcp.mx2.right.example", soon()))),
              "no_name secure 0 _25._tcp.mx2.right.example");
    const Answer<Mx> null_mx = resolver.wait(resolver->mx("null.example", soon()));
    EXPECT_EQ(null_mx.records, std::vector<Mx>{{}});
    EXPECT_EQ(summary(resolver.wait(resolver->mx("a..b", soon()))), "no_name insecure 0 a..b");
}

TEST(Resolver, AnUnsignedZoneIsInsecure) {
    RunningNsd server;
    Asking resolver(server.settings());
    EXPECT_EQ(summary(resolver.wait(resolver->mx("unsigned.example", soon()))), "records insecure 1 unsigned.example");
    EXPECT_EQ(summary(resolver.wait(resolver->a("nothere.unsigned.example", soon()))),
              "no_name insecure 0 nothere.unsigned.example");
}

TEST(Resolver, ExpiredSignaturesAndAWrongKeyAreBogusAndShowNoRecords) {
    RunningNsd server;
    Asking resolver(server.settings());
    for (const std::string domain : {"expired.example", "wrong.example"}) {
        const Answer<Mx> answer = resolver.wait(resolver->mx(domain, soon()));
        EXPECT_EQ(summary(answer), "failed bogus 0 " + domain);
        EXPECT_NE(answer.reason.find("validation failure"), std::string::npos) << answer.reason;
    }
    EXPECT_EQ(summary(resolver.wait(resolver->a("nothere.expired.example", soon()))),
              "failed bogus 0 nothere.expired.example");
}

TEST(Resolver, FollowsAliasesAndTellsWhereTheyLead) {
    RunningNsd server;
    Asking resolver(server.settings());
    EXPECT_EQ(summary(resolver.wait(resolver->mx("alias.example", soon()))), "records secure 2 right.example");
    EXPECT_EQ(summary(resolver.wait(resolver->a("mx.away.example", soon()))), "records insecure 1 mx.unsigned.example");
    const auto alias = resolver.wait(resolver->cname("alias.example", soon()));
    ASSERT_EQ(summary(alias), "records secure 1 alias.example");
    EXPECT_EQ(alias.records[0], "alias2.example");
    EXPECT_TRUE(resolver.wait(resolver->a("round.example", soon())).records.empty());
}

TEST(Resolver, TooManyRecordsMakeAnAnswerFail) {
    std::string lines;
    for (int i = 0; i < 300; ++i)
        lines += "many A 198.51." + std::to_string(i / 200) + "." + std::to_string(i % 200) + "\n";
    RunningNsd server(lines);
    Asking resolver(server.settings());
    const auto answer = resolver.wait(resolver->a("many.example", soon()));
    EXPECT_TRUE(answer.failed());
    EXPECT_EQ(answer.reason, "more than 256 records");
}

TEST(Resolver, FindsTheNamesOfAnAddress) {
    RunningNsd server;
    Asking resolver(server.settings());
    const auto names = resolver.wait(resolver->ptr(net::Address::from_ip("193.0.0.1", 0).value(), soon()));
    ASSERT_EQ(summary(names), "records insecure 1 1.0.0.193.in-addr.arpa");
    EXPECT_EQ(names.records[0], "mx1.right.example");
    EXPECT_EQ(summary(resolver.wait(resolver->ptr(net::Address::from_ip("193.0.0.2", 0).value(), soon()))),
              "no_name insecure 0 2.0.0.193.in-addr.arpa");
}

net::Async<> one_turn(net::Loop& loop) { co_await loop.yield(); }

TEST(Resolver, ASlowServerIsWaitedForUntilTheDeadlineOnly) {
    RunningNsd server;
    Settings settings = server.settings();
    settings.max_concurrent = 1;
    settings.max_abandoned = 1;
    Asking resolver(settings);
    server.freeze();
    const auto start = net::Clock::now();
    const auto answer = resolver.wait(resolver->mx("right.example", net::Deadline::in(50ms)));
    EXPECT_GE(net::Clock::now() - start, 50ms);
    EXPECT_EQ(summary(answer), "failed insecure 0 ");
    EXPECT_EQ(answer.reason, "no answer in time");
    // What libunbound works on still is bounded.
    EXPECT_TRUE(resolver.wait(resolver->mx("null.example", net::Deadline::in(50ms))).failed());
    EXPECT_EQ(resolver.wait(resolver->mx("alias.example", soon())).reason, "too many queries are not answered");
    server.go_on();
    for (const auto until = soon(); !until.passed();) {
        const auto again = resolver.wait(resolver->mx("right.example", net::Deadline::in(1s)));
        if (!again.failed()) break;
        resolver.wait(one_turn(resolver.loop()));
    }
    EXPECT_EQ(summary(resolver.wait(resolver->mx("right.example", soon()))), "records secure 2 right.example");
}

net::Async<> ask_into(Resolver* resolver, std::string name, net::Deadline deadline, Answer<Mx>* answer) {
    *answer = co_await resolver->mx(std::move(name), deadline);
}

net::Async<> ask_three(net::Loop& loop, Resolver& resolver, std::vector<Answer<Mx>>& answers, net::Deadline deadline) {
    net::Scope scope(loop);
    answers.resize(3);
    for (Answer<Mx>& answer : answers)
        scope.spawn(ask_into, &resolver, std::string("right.example"), deadline, &answer);
    co_await scope.join();
}

TEST(Resolver, SoManyQueriesRunAndSoManyWait) {
    RunningNsd server;
    Settings settings = server.settings();
    settings.max_concurrent = 1;
    settings.max_waiting = 1;
    Asking resolver(settings);
    server.freeze();
    std::vector<Answer<Mx>> answers;
    resolver.wait(ask_three(resolver.loop(), *resolver, answers, net::Deadline::in(100ms)));
    EXPECT_EQ(answers[2].reason, "too many queries are waiting");
    for (const auto& answer : answers) EXPECT_TRUE(answer.failed());
    server.go_on();
}

TEST(Resolver, AServerThatWasAwayIsAskedAgain) {
    RunningNsd server;
    Asking resolver(server.settings());
    EXPECT_FALSE(resolver.wait(resolver->mx("right.example", soon())).failed());
    server.kill();
    EXPECT_TRUE(resolver.wait(resolver->mx("null.example", net::Deadline::in(300ms))).failed());
    // What is in the cache is answered meanwhile.
    EXPECT_EQ(summary(resolver.wait(resolver->mx("right.example", soon()))), "records secure 2 right.example");
    server.start();
    Answer<Mx> answer;
    for (const auto until = net::Deadline::in(100s); answer.failed() && !until.passed();)
        answer = resolver.wait(resolver->mx("null.example", net::Deadline::in(2s)));
    EXPECT_EQ(answer.records, std::vector<Mx>{{}});
}

net::Async<Answer<Mx>> stop_while_asking(net::Loop& loop, Resolver& resolver) {
    net::Scope scope(loop);
    Answer<Mx> answer;
    scope.spawn(ask_into, &resolver, std::string("right.example"), soon(), &answer);
    co_await loop.yield();
    co_await loop.yield();
    co_await resolver.stop();
    co_await scope.join();
    co_return answer;
}

TEST(Resolver, StoppingEndsQueriesAsFailed) {
    RunningNsd server;
    Asking resolver(server.settings());
    server.freeze();
    EXPECT_TRUE(resolver.wait(stop_while_asking(resolver.loop(), *resolver)).failed());
    EXPECT_EQ(resolver.wait(resolver->mx("right.example", soon())).reason, "the resolver is not running");
}

TEST(ResolverProbe, AForwarderThatPassesSignaturesOnIsUsed) {
    RunningNsd server;
    Settings settings = server.settings();
    settings.stub_zones.clear();
    settings.forwarders = {server.address()};
    Asking resolver(settings);
    EXPECT_EQ(resolver->mode(), Mode::forwarding);
    EXPECT_EQ(summary(resolver.wait(resolver->mx("right.example", soon()))), "records secure 2 right.example");
    EXPECT_EQ(summary(resolver.wait(resolver->mx("wrong.example", soon()))), "failed bogus 0 wrong.example");
}

TEST(ResolverProbe, OneThatStripsThemIsGoneAroundByOwnRecursion) {
    RunningNsd server;
    StrippingForwarder forwarder(server.address());
    Settings settings = server.settings();
    settings.forwarders = {forwarder.address()};
    Asking resolver(settings);
    EXPECT_EQ(resolver->mode(), Mode::recursing);
    EXPECT_EQ(summary(resolver.wait(resolver->mx("right.example", soon()))), "records secure 2 right.example");
}

TEST(ResolverProbe, WithoutOwnRecursionNothingIsSecureButMailGoesOn) {
    RunningNsd server;
    StrippingForwarder forwarder(server.address());
    RunningNsd away;
    away.kill();
    Settings settings = away.settings();
    settings.forwarders = {forwarder.address()};
    settings.probe_timeout = 3s;
    testing::internal::CaptureStderr();
    Asking resolver(settings);
    const std::string log = testing::internal::GetCapturedStderr();
    EXPECT_EQ(resolver->mode(), Mode::unvalidated);
    EXPECT_FALSE(resolver->validates());
    EXPECT_NE(log.find("DANE IS OFF"), std::string::npos) << log;
    EXPECT_EQ(summary(resolver.wait(resolver->mx("right.example", soon()))), "records insecure 2 right.example");
    EXPECT_EQ(summary(resolver.wait(resolver->mx("wrong.example", soon()))), "records insecure 1 wrong.example");

    // Said once, not at each probe; and taken back when own recursion works again.
    testing::internal::CaptureStderr();
    EXPECT_TRUE(resolver.wait(resolver->probe()));
    EXPECT_EQ(testing::internal::GetCapturedStderr().find("DANE IS OFF"), std::string::npos);
    away.start();
    for (const auto until = soon(); !resolver->validates() && !until.passed();) resolver.wait(resolver->probe());
    EXPECT_EQ(resolver->mode(), Mode::recursing);
}

TEST(ResolverProbe, WhereDnssecIsRequiredStrippedAnswersFail) {
    RunningNsd server;
    StrippingForwarder forwarder(server.address());
    RunningNsd away;
    away.kill();
    Settings settings = away.settings();
    settings.forwarders = {forwarder.address()};
    settings.probe_timeout = 3s;
    settings.require_dnssec = true;
    Asking resolver(settings);
    EXPECT_TRUE(resolver->validates());
    EXPECT_EQ(summary(resolver.wait(resolver->mx("right.example", soon()))), "failed bogus 0 right.example");
}

TEST(ResolverProbe, OfForwardersThatAreAwayNothingIsConcluded) {
    RunningNsd server;
    Settings settings = server.settings();
    settings.forwarders = {server.address()};
    settings.probe_timeout = 1s;
    server.freeze();
    Asking resolver(settings);
    EXPECT_EQ(resolver->mode(), Mode::forwarding);
    server.go_on();
    Answer<Mx> answer;
    for (const auto until = soon(); answer.failed() && !until.passed();)
        answer = resolver.wait(resolver->mx("right.example", net::Deadline::in(2s)));
    EXPECT_EQ(summary(answer), "records secure 2 right.example");
}

TEST(ResolverProbe, WithoutATrustAnchorNothingIsSecure) {
    RunningNsd server;
    Settings settings = server.settings();
    settings.trust_anchor_file.clear();
    Asking resolver(settings);
    EXPECT_EQ(resolver->mode(), Mode::unvalidated);
    EXPECT_EQ(summary(resolver.wait(resolver->mx("right.example", soon()))), "records insecure 2 right.example");
}

TEST(ResolverProbe, AnUnreadableTrustAnchorOrResolvConfIsAnError) {
    net::Loop loop;
    for (const bool anchor : {true, false}) {
        Settings settings;
        settings.trust_anchor_file = anchor ? "/nonexistent/root.key" : "";
        settings.resolv_conf = "/nonexistent/resolv.conf";
        Resolver resolver(loop, settings);
        const Result<> started = loop.run_until_complete(resolver.start());
        EXPECT_EQ(started.error().code, ErrorCode::invalid);
        loop.run_until_complete(resolver.stop());
    }
}

TEST(FindMailHosts, AsksForMxAndThenForAddresses) {
    RunningNsd server;
    Asking resolver(server.settings());
    const auto hosts =
        resolver.wait(find_mail_hosts(*resolver, "alias.example", {}, [](std::size_t) { return 0; }, soon()));
    ASSERT_TRUE(hosts);
    EXPECT_TRUE(hosts->secure);
    EXPECT_EQ(hosts->domain, "right.example");
    EXPECT_EQ(hosts->hosts[0].name, "mx1.right.example");
    const auto addresses = resolver.wait(find_addresses(*resolver, hosts->hosts[0].name, {}, soon()));
    ASSERT_TRUE(addresses);
    EXPECT_TRUE(addresses->secure);
    ASSERT_EQ(addresses->addresses.size(), 2u);
    EXPECT_EQ(addresses->addresses[0].to_string(), "[2001:db8::1]:25");

    const auto refusal = [&](const char* domain) {
        return resolver.wait(find_mail_hosts(
                                 *resolver, domain, {}, [](std::size_t) { return 0; }, soon()))
            .error()
            .status;
    };
    EXPECT_EQ(refusal("null.example"), "5.1.10");
    EXPECT_EQ(refusal("nothere.example"), "5.1.2");
    EXPECT_EQ(refusal("expired.example"), "4.4.3");
    const auto implicit = resolver.wait(find_mail_hosts(*resolver, "only-a.example", {}, {}, soon()));
    EXPECT_TRUE(implicit->implicit);
    EXPECT_EQ(resolver.wait(find_addresses(*resolver, "only-a.example", {}, soon()))->addresses[0].ip(), "192.0.2.3");
}

}  // namespace
}  // namespace posthouse::dns
