// Tests of lib/mime/address.h: RFC 5322 Appendix A first, then what senders really write.
#include "lib/mime/address.h"

#include <gtest/gtest.h>

#include "lib/mime/limits.h"

namespace posthouse::mime {
namespace {

/// One line per entry: "name|route|local|domain", "name:" and ";" for a group.
std::string shown(std::string_view value) {
    std::string out;
    for (const Address& address : parse_addresses(value)) {
        switch (address.kind) {
            case Address::Kind::group_start: out += address.name + ":\n"; break;
            case Address::Kind::group_end: out += ";\n"; break;
            case Address::Kind::mailbox:
                out += address.name + "|" + address.route + "|" + address.local + "|" + address.domain + "\n";
                break;
        }
    }
    return out;
}

TEST(Address, AppendixA11AddressesFromOnePersonToAnother) {
    EXPECT_EQ(shown("John Doe <jdoe@machine.example>"), "John Doe||jdoe|machine.example\n");
    EXPECT_EQ(shown("Michael Jones <mjones@machine.example>"), "Michael Jones||mjones|machine.example\n");
}

TEST(Address, AppendixA12DifferentTypesOfMailboxes) {
    EXPECT_EQ(shown("\"Joe Q. Public\" <john.q.public@example.com>"), "Joe Q. Public||john.q.public|example.com\n");
    EXPECT_EQ(shown("Mary Smith <mary@x.test>, jdoe@example.org, Who? <one@y.test>"),
              "Mary Smith||mary|x.test\n||jdoe|example.org\nWho?||one|y.test\n");
    EXPECT_EQ(shown("<boss@nil.test>, \"Giant; \\\"Big\\\" Box\" <sysservices@example.net>"),
              "||boss|nil.test\nGiant; \"Big\" Box||sysservices|example.net\n");
}

TEST(Address, AppendixA13GroupAddresses) {
    EXPECT_EQ(shown("A Group:Ed Jones <c@a.test>,joe@where.test,John <jdoe@one.test>;"),
              "A Group:\nEd Jones||c|a.test\n||joe|where.test\nJohn||jdoe|one.test\n;\n");
    EXPECT_EQ(shown("Undisclosed recipients:;"), "Undisclosed recipients:\n;\n");
}

TEST(Address, AppendixA5WhiteSpaceCommentsAndOtherOddities) {
    EXPECT_EQ(shown("Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>"), "Pete||pete|silly.test\n");
    EXPECT_EQ(shown("A Group(Some people)\r\n     :Chris Jones <c@(Chris's host.)public.example>,\r\n"
                    "         joe@example.org,\r\n  John <jdoe@one.test> (my dear friend); (the end of the group)"),
              "A Group:\nChris Jones||c|public.example\n||joe|example.org\nJohn||jdoe|one.test\n;\n");
    EXPECT_EQ(shown("(Empty list)(start)Hidden recipients  :(nobody(that I know))  ;"), "Hidden recipients:\n;\n");
}

TEST(Address, AppendixA61ObsoleteAddressing) {
    EXPECT_EQ(shown("Joe Q. Public <john.q.public@example.com>"), "Joe Q. Public||john.q.public|example.com\n");
    EXPECT_EQ(shown("Mary Smith <@node.test:mary@example.net>, , jdoe@test  . example"),
              "Mary Smith|@node.test|mary|example.net\n||jdoe|test.example\n");
    EXPECT_EQ(shown("<@a.test,@b.test:c@d.test>"), "|@a.test,@b.test|c|d.test\n");
}

TEST(Address, AppendixA63ObsoleteWhiteSpaceAndComments) {
    EXPECT_EQ(shown("John Doe <jdoe@machine(comment).  example>"), "John Doe||jdoe|machine.example\n");
    EXPECT_EQ(shown("a . b @ c . d"), "||a.b|c.d\n");
}

TEST(Address, ACommentStandsForTheNameThatIsMissing) {
    EXPECT_EQ(shown("jdoe@example.org (John Doe)"), "John Doe||jdoe|example.org\n");
    EXPECT_EQ(shown("<jdoe@example.org> (John (Q) Doe)"), "John (Q) Doe||jdoe|example.org\n");
    EXPECT_EQ(shown("Jane <jdoe@example.org> (John)"), "Jane||jdoe|example.org\n");
}

TEST(Address, QuotedLocalPartsAndDomainLiteralsAreRead) {
    EXPECT_EQ(shown("\"a b\\\"c\"@example.com, x@[192.0.2. 1]"), "||a b\"c|example.com\n||x|[192.0.2.1]\n");
    EXPECT_EQ(parse_addresses("\"a b\\\"c\"@example.com")[0].spec(), "\"a b\\\"c\"@example.com");
    EXPECT_EQ(parse_addresses("\"a.b\"@example.com")[0].spec(), "a.b@example.com");
    EXPECT_EQ(parse_addresses("root")[0].spec(), "root");
}

TEST(Address, WhatIsMissingIsEmpty) {
    EXPECT_EQ(shown("root"), "||root|\n");
    EXPECT_EQ(shown("Mary Smith"), "Mary Smith|||\n");
    EXPECT_EQ(shown("Mary <>, @x.test"), "Mary|||\n|||x.test\n");
    EXPECT_EQ(shown(""), "");
    EXPECT_EQ(shown(" , ,, (only a comment) "), "");
}

TEST(Address, AnUnquotedAddressCanBeADisplayName) {
    EXPECT_EQ(shown("a@b.test <a@b.test>, c@d.test junk, e@f.test"), "a@b.test||a|b.test\n||c|d.test\n||e|f.test\n");
}

TEST(Address, EncodedWordsStayWholeWhateverTheyHold) {
    EXPECT_EQ(shown("=?utf-8?Q?Doe,_John?= <jd@x.test>, b@x.test"), "=?utf-8?Q?Doe,_John?=||jd|x.test\n||b|x.test\n");
    EXPECT_EQ(shown("=?us-ascii?Q?a?= =?us-ascii?Q?b?= <jd@x.test>"), "=?us-ascii?Q?a?= =?us-ascii?Q?b?=||jd|x.test\n");
}

TEST(Address, UnclosedThingsEndWithTheValue) {
    EXPECT_EQ(shown("\"John <jd@x.test>"), "John <jd@x.test>|||\n");
    EXPECT_EQ(shown("a@x.test, (b@x.test"), "||a|x.test\n");
    EXPECT_EQ(shown("team: a@x.test"), "team:\n||a|x.test\n;\n");
    EXPECT_EQ(shown("John <jd@x.test, b@x.test"), "John||jd|x.test\n||b|x.test\n");
}

TEST(Address, AGroupInAGroupEndsTheFirst) {
    EXPECT_EQ(shown("a: x@x.test, b: y@x.test;"), "a:\n||x|x.test\n;\nb:\n||y|x.test\n;\n");
}

TEST(Address, OverTheBoundTheRestIsIgnored) {
    std::string many = "team:";
    for (std::size_t i = 0; i < max_addresses + 10; ++i) many += "a@b,";
    const auto found = parse_addresses(many);
    EXPECT_EQ(found.size(), max_addresses + 1);
    EXPECT_EQ(found.back().kind, Address::Kind::group_end);
}

}  // namespace
}  // namespace posthouse::mime
