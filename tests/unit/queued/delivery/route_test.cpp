// Routes: read from transports as the directory has them, and written as names of destinations.
#include "queued/delivery/route.h"

#include <gtest/gtest.h>

namespace posthouse::queued {
namespace {

std::string name_of(std::string_view transport, std::string_view domain = "example.net") {
    const Result<Route> route = parse_route(transport, domain);
    return route ? to_string(*route) : "invalid";
}

TEST(Route, OfNoTransportIsTheDomainBySmtp) {
    for (const std::string_view transport : {"", ":", "smtp:", "relay:"}) {
        const Route route = parse_route(transport, "Example.NET").value();
        EXPECT_EQ(route.kind, Route::Kind::smtp);
        ASSERT_EQ(route.hops.size(), 1u);
        EXPECT_EQ(route.hops[0], (Hop{.host = "example.net", .port = 0, .find_mx = true, .unix_socket = false}));
        EXPECT_EQ(to_string(route), "smtp:example.net");
    }
}

TEST(Route, ADomainInULabelsIsAskedForInALabels) {
    EXPECT_EQ(name_of("",
                      "b\xC3\xBC"
                      "cher.example"),
              "smtp:xn--bcher-kva.example");
}

TEST(Route, AnAddressLiteralIsAHostWithoutMx) {
    EXPECT_EQ(parse_route("", "[192.0.2.1]")->hops[0],
              (Hop{.host = "192.0.2.1", .port = 0, .find_mx = false, .unix_socket = false}));
    EXPECT_EQ(name_of("", "[IPv6:2001:DB8:0::1]"), "smtp:[2001:db8::1]");
}

TEST(Route, ADomainThatCanBeNoHostIsRefusedForGood) {
    for (const std::string_view domain : {"192.0.2.1", "a..b", "[a", "a b", "x:25", "[192.0.2.1]:25", "-a.example"}) {
        const Route route = parse_route("", domain).value();
        EXPECT_EQ(route.kind, Route::Kind::error) << domain;
        EXPECT_TRUE(route.text.starts_with("5.1.2 ")) << route.text;
    }
}

TEST(Route, HostsStandInTheirOrder) {
    EXPECT_EQ(name_of("smtp:bar.example:2025"), "smtp:bar.example:2025");
    EXPECT_EQ(name_of("relay:[gateway.example.com]"), "smtp:[gateway.example.com]");
    EXPECT_EQ(name_of(":[192.0.2.1]:26"), "smtp:[192.0.2.1]:26");
    EXPECT_EQ(name_of("relay:[ipv6:2001:db8::1]:smtp"), "smtp:[2001:db8::1]:25");
    EXPECT_EQ(name_of("smtp:[a.example],b.example.:submission,[c.example]:465"),
              "smtp:[a.example],b.example:587,[c.example]:465");
}

TEST(Route, ARelayhostTakesWhatNoTransportLeadsElsewhere) {
    const std::string relay = "[mail.example.org]:587";
    EXPECT_EQ(to_string(parse_route("", "example.net", relay).value()), "smtp:[mail.example.org]:587");
    EXPECT_EQ(to_string(parse_route("relay:", "192.0.2.1", relay).value()), "smtp:[mail.example.org]:587");
    EXPECT_EQ(to_string(parse_route("smtp:b.example", "example.net", relay).value()), "smtp:b.example");
    EXPECT_EQ(to_string(parse_route("lmtp:", "example.net", relay).value()), "lmtp:[example.net]");
    EXPECT_EQ(to_string(parse_route("local", "example.net", relay).value()), "local");
    EXPECT_FALSE(parse_route("", "example.net", "a b"));
}

TEST(Route, LmtpLeadsToSocketsAndToHostsWithoutMx) {
    const Route route = parse_route("lmtp:unix:/run/dovecot/lmtp", "example.net").value();
    EXPECT_EQ(route.kind, Route::Kind::lmtp);
    EXPECT_EQ(route.hops[0], (Hop{.host = "/run/dovecot/lmtp", .port = 0, .find_mx = false, .unix_socket = true}));
    EXPECT_EQ(to_string(route), "lmtp:unix:/run/dovecot/lmtp");
    EXPECT_EQ(name_of("lmtp:inet:mail.example:24"), "lmtp:[mail.example]:24");
    EXPECT_EQ(name_of("lmtp:mail.example"), "lmtp:[mail.example]");
    EXPECT_EQ(name_of("lmtp:inet:127.0.0.1:24"), "lmtp:[127.0.0.1]:24");
    EXPECT_EQ(name_of("lmtp:[::1]:24,unix:/x"), "lmtp:[::1]:24,unix:/x");
    EXPECT_EQ(name_of("lmtp:"), "lmtp:[example.net]");
}

TEST(Route, LocalErrorRetryAndDiscardLeadToNoHost) {
    EXPECT_EQ(parse_route("local", "")->kind, Route::Kind::local);
    EXPECT_EQ(parse_route("local:", "")->kind, Route::Kind::local);
    EXPECT_EQ(parse_route("error:5.1.6 moved: see the site", "")->text, "5.1.6 moved: see the site");
    EXPECT_EQ(parse_route("retry:", "")->kind, Route::Kind::retry);
    EXPECT_EQ(parse_route("discard:silently", "")->kind, Route::Kind::discard);
}

TEST(Route, WhatIsNotKnownIsInvalid) {
    for (const std::string_view wrong : {"expanded:",
                                         "expanded:others",
                                         "smtp",
                                         "smtp:a b",
                                         "smtp:[a.example",
                                         "smtp:a.example:0",
                                         "smtp:a.example:65536",
                                         "smtp:a.example:",
                                         "smtp:a.example:x25",
                                         "smtp:,",
                                         "smtp:a.example,",
                                         "smtp:192.0.2.1",
                                         "smtp:a..b",
                                         "smtp:[]",
                                         "smtp:unix:/x",
                                         "lmtp:unix:",
                                         "lmtp:unix:x",
                                         "lmtp:inet:",
                                         "a\tb:c",
                                         "error:two\nlines",
                                         "error:\xFF",
                                         "virtual:",
                                         "uucp:example",
                                         "local:x",
                                         "LOCAL",
                                         "smtp:[a.example]25"}) {
        const Result<Route> route = parse_route(wrong, "example.net");
        ASSERT_FALSE(route) << wrong;
        EXPECT_EQ(route.error().code, ErrorCode::invalid);
    }
    EXPECT_FALSE(parse_route("", ""));
    EXPECT_FALSE(parse_route("error:" + std::string(1019, 'x'), ""));
    EXPECT_TRUE(parse_route("error:" + std::string(1018, 'x'), ""));
    std::string many = "smtp:a.example";
    for (int i = 0; i < 50; ++i) many += ",a.example";
    EXPECT_FALSE(parse_route(many, ""));
}

TEST(Route, ItsNameLeadsBackToIt) {
    for (const std::string_view transport :
         {"", "smtp:[a.example]:2525,b.example", "smtp:[2001:db8::1]", "lmtp:unix:/run/x,inet:a.example:24,[::1]",
          "local", "error:", "error:5.1.1 x: y,z", "retry:later", "discard:", "expanded:alias", "expanded:list"}) {
        const Route route = parse_route(transport, "example.net").value();
        EXPECT_EQ(parse_route(to_string(route), "").value(), route) << transport;
    }
}

}  // namespace
}  // namespace posthouse::queued
