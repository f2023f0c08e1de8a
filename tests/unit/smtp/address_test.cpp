// Addresses and paths: RFC 5321 §4.1.2 and §4.5.3.1, RFC 6531.
#include "lib/smtp/address.h"

#include <gtest/gtest.h>

#include <string>

namespace posthouse::smtp {
namespace {

std::string normal(std::string_view text, Utf8 utf8 = Utf8::refused) {
    const auto mailbox = parse_mailbox(text, utf8);
    return mailbox ? mailbox->to_string() : "ERROR " + std::string(to_string(mailbox.error().code));
}

std::string path(std::string_view text, Utf8 utf8 = Utf8::refused) {
    std::size_t length = 0;
    const auto parsed = parse_path(text, length, utf8);
    return parsed ? to_path(*parsed) + "|" + std::string(text.substr(length)) : "ERROR";
}

TEST(Address, KeepsTheCaseOfTheLocalPartAndLowersTheDomain) {
    EXPECT_EQ(normal("Smith@BAR.Example"), "Smith@bar.example");
}

TEST(Address, TakesEveryCharacterOfAnAtom) {
    EXPECT_EQ(normal("!#$%&'*+-/=?^_`{|}~@a.example"), "!#$%&'*+-/=?^_`{|}~@a.example");
}

TEST(Address, UnquotesWhereQuotingIsNotNeeded) {
    EXPECT_EQ(normal("\"Jones\"@a.example"), "Jones@a.example");
    EXPECT_EQ(normal("\"J\\o\\n\\e\\s\"@a.example"), "Jones@a.example");
    EXPECT_EQ(normal("\"a.b\"@a.example"), "a.b@a.example");
}

TEST(Address, KeepsQuotingWhereItIsNeeded) {
    EXPECT_EQ(normal("\"Joe Blow\"@a.example"), "\"Joe Blow\"@a.example");
    EXPECT_EQ(normal("\"a@b\"@a.example"), "\"a@b\"@a.example");
    EXPECT_EQ(normal("\"a..b\"@a.example"), "\"a..b\"@a.example");
    EXPECT_EQ(normal("\".a\"@a.example"), "\".a\"@a.example");
    EXPECT_EQ(normal("\"a\\\"b\\\\c\"@a.example"), "\"a\\\"b\\\\c\"@a.example");
    EXPECT_EQ(parse_mailbox("\"a\\\"b\"@a.example")->local_part, "a\"b");
}

TEST(Address, RefusesMalformedLocalParts) {
    for (const char* text : {"@a.example", "a b@a.example", ".a@a.example", "a.@a.example", "a..b@a.example",
                             "\"@a.example", "\"a\\\"@a.example", "\"\"@a.example", "a\"b\"@a.example",
                             "\"a\"b@a.example", "a(b)@a.example", "a,b@a.example", "a:b@a.example", "a\tb@a.example",
                             "\"a\tb\"@a.example", "\"a\\\tb\"@a.example", "a<b@a.example", "a\\b@a.example"}) {
        EXPECT_TRUE(normal(text).starts_with("ERROR")) << text;
    }
}

TEST(Address, RefusesMalformedDomains) {
    for (const char* text : {"a@",
                             "a",
                             "",
                             "a@.example",
                             "a@b.",
                             "a@b..c",
                             "a@-b.c",
                             "a@b-.c",
                             "a@b c",
                             "a@b@c",
                             "a@b/c",
                             "a@[",
                             "a@[]",
                             "a@[1.2.3]",
                             "a@[1.2.3.4",
                             "a@[1.2.3.4.5]",
                             "a@[256.1.1.1]",
                             "a@[IPv6:]",
                             "a@[IPv6:1::2::3]",
                             "a@[IPv6:1.2.3.4]",
                             "a@[::1]",
                             "a@[x25:1]",
                             "a@[1.2.3.4]x",
                             "a@[ 1.2.3.4]"}) {
        EXPECT_TRUE(normal(text).starts_with("ERROR")) << text;
    }
}

TEST(Address, RefusesNulAnywhere) {
    using namespace std::string_view_literals;
    for (const std::string_view text :
         {"a\0b@a.example"sv, "\"a\0b\"@a.example"sv, "a@a\0.example"sv, "a@[1.2.3.4\0]"sv}) {
        EXPECT_FALSE(parse_mailbox(text));
    }
}

TEST(Address, SpellsAddressLiteralsInOneWay) {
    EXPECT_EQ(normal("a@[192.0.2.1]"), "a@[192.0.2.1]");
    EXPECT_EQ(normal("a@[ipv6:2001:DB8:0:0::1]"), "a@[IPv6:2001:db8::1]");
    EXPECT_EQ(normal("a@[IPv6:::ffff:192.0.2.1]"), "a@[IPv6:::ffff:192.0.2.1]");
    EXPECT_TRUE(parse_mailbox("a@[192.0.2.1]")->is_address_literal());
}

TEST(Address, BoundsLocalPartLabelAndDomain) {
    const std::string n64(64, 'a');
    const std::string label(63, 'b');
    EXPECT_EQ(normal(n64 + "@b.example"), n64 + "@b.example");
    EXPECT_EQ(normal(n64 + "a@b.example"), "ERROR limit");
    EXPECT_EQ(normal("a@" + label + ".example"), "a@" + label + ".example");
    EXPECT_EQ(normal("a@b" + label + ".example"), "ERROR invalid");
    const std::string domain = label + "." + label + "." + label + "." + std::string(60, 'c');  // 252
    EXPECT_EQ(normal("a@" + domain), "a@" + domain);
    EXPECT_EQ(normal("ab@" + domain), "ERROR limit");
    EXPECT_TRUE(is_domain(domain + ".dd"));
    EXPECT_FALSE(is_domain(domain + ".ddd"));
}

TEST(Address, LocalPartsOfForwardersMayBeLonger) {
    const std::string rest(100, 'a');
    EXPECT_EQ(normal("SRS0=" + rest + "@b.example"), "SRS0=" + rest + "@b.example");
    EXPECT_EQ(normal("srs1+" + rest + "@b.example"), "srs1+" + rest + "@b.example");
    EXPECT_EQ(normal("\"SRS0=" + rest + " b\"@b.example"), "\"SRS0=" + rest + " b\"@b.example");
    EXPECT_EQ(normal("SRS2=" + rest + "@b.example"), "ERROR limit");
    EXPECT_EQ(normal("SRS0=" + std::string(240, 'a') + "@b.example"), "ERROR limit");
}

TEST(Address, BoundsThePathWithItsRoute) {
    const std::string hop = "@" + std::string(60, 'r') + ".example";
    const std::string route = hop + "," + hop + "," + hop + ":";
    const std::string tail = "@b.example>";
    const std::size_t room = 256 - 1 - route.size() - tail.size();
    const std::string fits(room, 'a');
    EXPECT_EQ(path("<" + route + fits + tail), "<" + fits + "@b.example>|");
    EXPECT_EQ(path("<" + route + fits + "a" + tail), "ERROR");
}

TEST(Address, TakesUtf8OnlyWhenAllowed) {
    EXPECT_EQ(normal("jürgen@bücher.example", Utf8::allowed), "jürgen@bücher.example");
    EXPECT_EQ(normal("jürgen@b.example"), "ERROR unsupported");
    EXPECT_EQ(normal("j@bücher.example"), "ERROR unsupported");
    EXPECT_EQ(normal("j\xff@b.example", Utf8::allowed), "ERROR invalid");
    EXPECT_TRUE(parse_mailbox("j@bücher.example", Utf8::allowed)->needs_utf8());
    EXPECT_FALSE(parse_mailbox("j@b.example", Utf8::allowed)->needs_utf8());
}

TEST(Path, KnowsTheNullPath) { EXPECT_EQ(path("<> SIZE=1"), "<>| SIZE=1"); }

TEST(Path, DropsSourceRoutes) {
    EXPECT_EQ(path("<@hosta.int,@jkl.org:userc@d.bar.org>"), "<userc@d.bar.org>|");
    EXPECT_EQ(path("<@a.example:b@c.example>x"), "<b@c.example>|x");
    for (const char* text : {"<@a.example>", "<@a.example:>", "<@a.example,b.example:c@d.example>", "<@:b@c.example>",
                             "<@a.example,:b@c.example>"}) {
        EXPECT_EQ(path(text), "ERROR") << text;
    }
}

TEST(Path, MindsBracketsInsideQuotes) { EXPECT_EQ(path("<\"a>b\"@c.example> X"), "<\"a>b\"@c.example>| X"); }

TEST(Path, WantsBothBrackets) {
    for (const char* text : {"", "a@b.example", "<a@b.example", "<\"a>@b.example>", "<<a@b.example>>", "< >", "<a>"}) {
        EXPECT_EQ(path(text), "ERROR") << text;
    }
}

TEST(Path, PrintedFormParsesToTheSameMailbox) {
    for (const char* text : {"a@b.example", "\"a b\"@c.example", "\"\\\\\\\"\"@c.example", "a@[IPv6:::1]"}) {
        const auto mailbox = parse_mailbox(text);
        ASSERT_TRUE(mailbox) << text;
        EXPECT_EQ(*parse_mailbox(mailbox->to_string()), *mailbox);
    }
}

}  // namespace
}  // namespace posthouse::smtp
