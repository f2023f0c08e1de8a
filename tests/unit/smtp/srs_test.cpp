// SRS: addresses that PostSRSd 1.10 made with the secret "tops3cr3t", on the first of January 2020.
#include "lib/smtp/srs.h"

#include <gtest/gtest.h>

#include "lib/smtp/limits.h"

namespace posthouse::smtp {
namespace {

constexpr std::int64_t now = 1577836860;
constexpr std::int64_t day = 86400;

Srs make(std::initializer_list<const char*> secrets = {"tops3cr3t"}, SrsOptions options = {}) {
    std::vector<Secret> list;
    for (const char* secret : secrets) list.emplace_back(secret);
    options.domain = "Example.com";
    return {std::move(list), std::move(options)};
}

std::string forward(const Srs& srs, std::string_view address) {
    const auto rewritten = srs.forward(*parse_mailbox(address), now);
    return rewritten ? (*rewritten)->to_string() : "ERROR " + std::string(to_string(rewritten.error().code));
}
std::string reverse(const Srs& srs, std::string_view address, std::int64_t when = now) {
    const auto mailbox = parse_mailbox(address);
    if (!mailbox) return "no address";
    const auto sender = srs.reverse(*mailbox, when);
    return sender ? sender->to_string() : "ERROR " + std::string(to_string(sender.error().code));
}

TEST(Srs, AddressesAreThoseOfOtherSoftware) {
    const Srs srs = make();
    EXPECT_EQ(forward(srs, "test@otherdomain.com"), "SRS0=vmyz=2W=otherdomain.com=test@example.com");
    EXPECT_EQ(forward(srs, "Test@OtherDomain.com"), "SRS0=vmyz=2W=otherdomain.com=Test@example.com");
    EXPECT_EQ(forward(srs, "a=b@otherdomain.com"), "SRS0=jn75=2W=otherdomain.com=a=b@example.com");
    EXPECT_EQ(forward(srs, "SRS0+opaque+string@other.org"), "SRS1=m2mK=other.org=+opaque+string@example.com");
    EXPECT_EQ(forward(srs, "SRS1=XXXX=other.org==vmyz=2W=otherdomain.com=test@third.net"),
              "SRS1=LFMy=other.org==vmyz=2W=otherdomain.com=test@example.com");
    EXPECT_EQ(forward(srs, "SRS1=fkUu=example.org=+vmyz=2W=otherdomain.com=test@third.net"),
              "SRS1=mQu0=example.org=+vmyz=2W=otherdomain.com=test@example.com");
}

TEST(Srs, BouncesGoBackTheWayTheyCame) {
    const Srs srs = make();
    EXPECT_EQ(reverse(srs, "SRS0=vmyz=2W=otherdomain.com=test@example.com"), "test@otherdomain.com");
    EXPECT_EQ(reverse(srs, "SRS0=jn75=2W=otherdomain.com=a=b@example.com"), "a=b@otherdomain.com");
    EXPECT_EQ(reverse(srs, "SRS1=m2mK=other.org=+opaque+string@example.com"), "SRS0+opaque+string@other.org");
    EXPECT_EQ(reverse(srs, "SRS1=LFMy=other.org==vmyz=2W=otherdomain.com=test@example.com"),
              "SRS0=vmyz=2W=otherdomain.com=test@other.org");
}

TEST(Srs, HostsOnTheWayMayChangeTheCase) {
    EXPECT_EQ(reverse(make(), "srs0=VMYZ=2w=OTHERDOMAIN.com=TEST@example.com"), "TEST@otherdomain.com");
    EXPECT_EQ(reverse(make(), "srs1=lfmy=other.org==vmyz=2w=otherdomain.com=test@example.com"),
              "SRS0=vmyz=2w=otherdomain.com=test@other.org");
}

TEST(Srs, AddressesExpire) {
    constexpr std::string_view address = "SRS0=vmyz=2W=otherdomain.com=test@example.com";
    EXPECT_EQ(reverse(make(), address, now + 21 * day), "test@otherdomain.com");
    EXPECT_EQ(reverse(make(), address, now + 22 * day), "ERROR expired");
    EXPECT_EQ(reverse(make(), address, now - day), "test@otherdomain.com");  // our clock is a little behind
    EXPECT_EQ(reverse(make(), address, now - 2 * day), "ERROR expired");
    EXPECT_EQ(reverse(make({"tops3cr3t"}, {.domain = "", .max_age_days = 1}), address, now + 2 * day), "ERROR expired");
    // Days are counted modulo 1024.
    const Srs srs = make();
    const std::int64_t before_wrap = (1024 * 20 - 3) * day;
    const auto rewritten = srs.forward(Mailbox{"a", "b.example"}, before_wrap);
    ASSERT_TRUE(rewritten && *rewritten);
    EXPECT_TRUE(srs.reverse(**rewritten, before_wrap + 10 * day));
    EXPECT_EQ(srs.reverse(**rewritten, before_wrap + 30 * day).error().code, ErrorCode::expired);
}

TEST(Srs, WhatWasNotMadeHereIsRefused) {
    const Srs srs = make();
    for (const char* address :
         {"SRS0=vmyA=2W=otherdomain.com=test@example.com", "SRS0=vmyz=2X=otherdomain.com=test@example.com",
          "SRS0=vmyz=2W=otherdomain.org=test@example.com", "SRS0=vmyz=2W=otherdomain.com=tesT.@example.com",
          "SRS0=vmy=2W=otherdomain.com=test@example.com", "SRS0=vmyzz=2W=otherdomain.com=test@example.com",
          "SRS1=LFMx=other.org==vmyz=2W=otherdomain.com=test@example.com",
          "SRS1=LFMy=other.net==vmyz=2W=otherdomain.com=test@example.com"}) {
        const std::string result = reverse(srs, address);
        EXPECT_TRUE(result == "ERROR denied" || result == "no address") << address << ": " << result;
    }
}

TEST(Srs, WhatIsMalformedIsRefused) {
    const Srs srs = make();
    for (const char* address :
         {"SRS0=a@example.com", "SRS0=vmyz=2W=otherdomain.com@example.com", "SRS0=vmyz=2W=otherdomain.com=@example.com",
          "SRS0==2W=otherdomain.com=test@example.com", "SRS0=vmyz=!!=otherdomain.com=test@example.com",
          "SRS0=vmyz=2W2=otherdomain.com=test@example.com", "SRS1=LFMy=other.org@example.com",
          "SRS1=LFMy=other.org=@example.com", "SRS1=LFMy=other.org=x@example.com", "SRS1=LFMy==x=y@example.com"}) {
        EXPECT_EQ(reverse(srs, address), "ERROR invalid") << address;
    }
    for (const char* address : {"test@example.com", "SRS0@example.com", "SRS0x=a@example.com", "SRS2=a@example.com"}) {
        EXPECT_EQ(reverse(srs, address), "ERROR not_found") << address;
    }
}

TEST(Srs, TheFirstSecretSignsAndEachVerifies) {
    const Srs before = make({"older"});
    const Srs after = make({"newer", "older"});
    const std::string old_address = forward(before, "a@b.example");
    EXPECT_EQ(reverse(after, old_address), "a@b.example");
    EXPECT_NE(forward(after, "a@b.example"), old_address);
    EXPECT_EQ(reverse(before, forward(after, "a@b.example")), "ERROR denied");
    EXPECT_EQ(forward(make({}), "a@b.example"), "ERROR unavailable");
    EXPECT_EQ(reverse(make({}), old_address), "ERROR denied");
}

TEST(Srs, HashesMayBeLonger) {
    const Srs srs = make({"tops3cr3t"}, {.domain = "", .hash_length = 12});
    const std::string address = forward(srs, "test@otherdomain.com");
    EXPECT_TRUE(address.starts_with("SRS0=vmyz")) << address;
    EXPECT_EQ(address.find("=2W="), 5U + 12);
    EXPECT_EQ(reverse(srs, address), "test@otherdomain.com");
    EXPECT_EQ(reverse(srs, "SRS0=vmyz=2W=otherdomain.com=test@example.com"), "ERROR denied");
}

TEST(Srs, WhatNeedsNoRewritingStays) {
    const Srs srs = make();
    EXPECT_EQ(srs.forward(std::nullopt, now).value(), ReversePath());
    EXPECT_EQ(forward(srs, "a@example.com"), "a@example.com");
}

TEST(Srs, EveryLocalPartComesBack) {
    const Srs srs = make();
    for (const char* address : {"\"a b\"@c.example", "\"a@b\"@c.example", "\"\\\"\"@c.example", "a@[192.0.2.1]",
                                "a@[IPv6:2001:db8::1]", "=@c.example", "SRS0-x@c.example", "SRS1=x@c.example"}) {
        const std::string rewritten = forward(srs, address);
        EXPECT_EQ(reverse(srs, rewritten), address) << rewritten;
    }
}

TEST(Srs, AddressesStayInTheirBounds) {
    const Srs srs = make();
    const std::string local(64, 'a');
    const std::string address = forward(srs, local + "@other.example");
    EXPECT_EQ(reverse(srs, address), local + "@other.example");
    const std::string label(63, 'd');
    const std::string domain = label + "." + label + "." + label;
    EXPECT_EQ(forward(srs, local.substr(14) + "@" + domain), "ERROR limit");
}

}  // namespace
}  // namespace posthouse::smtp
