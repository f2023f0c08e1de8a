// Tests of transports: what may stand in the table, and the map for Postfix.
#include "auth/directory/transports.h"

#include <gtest/gtest.h>

#include "auth/server/maps.h"
#include "tests/unit/auth/engines.h"

namespace posthouse::auth {
namespace {

TEST(Transport, SourcesAreAddressesDomainsAndWhatLiesBelowThem) {
    EXPECT_EQ(*parse_transport_source("Joe@Example.org"), "joe@example.org");
    EXPECT_EQ(*parse_transport_source("Example.org"), "example.org");
    EXPECT_EQ(*parse_transport_source(".Example.org"), ".example.org");
    EXPECT_EQ(*parse_transport_source("b\xC3\xBC"
                                      "cher.example"),
              "xn--bcher-kva.example");
    for (const std::string_view wrong : {"", ".", "..example.org", "@example.org", "joe@", "*", "a b"})
        EXPECT_FALSE(parse_transport_source(wrong)) << wrong;
}

TEST(Transport, ValuesAreThoseOfTransport5) {
    for (const std::string_view fine :
         {":", "smtp:", "smtp:example.org", "smtp:bar.example:2025", "smtp:[gateway.example.com]", ":[192.0.2.1]:26",
          "relay:[ipv6:2001:db8::1]:smtp", "smtp:[2001:db8::1]", "smtp:[a.example],[b.example]:587",
          "lmtp:unix:/run/dovecot/lmtp", "lmtp:inet:mail.example:24", "lmtp:inet:127.0.0.1:24", "lmtp:[::1]:24",
          "error:mail for *.example.com is not deliverable", "error:5.1.6 moved",
          "discard:", "virtual:", "uucp:example", "my-filter_2.x:host!path"})
        EXPECT_EQ(parse_transport(fine), std::string(fine)) << fine;
    for (const std::string_view wrong :
         {"", "smtp", "smtp:a b", "smtp:[a.example", "smtp:a.example:0", "smtp:a.example:65536",
          "smtp:a.example:", "smtp:,", "smtp:a.example,", "smtp:192.0.2.1", "smtp:a..b", "sm tp:a", "smtp:[]",
          "smtp:unix:/x", "lmtp:unix:", "a\tb:c", "error:two\nlines", "x:y z", "smtp:[2001:db8::zz]"})
        EXPECT_FALSE(parse_transport(wrong)) << wrong;
    EXPECT_TRUE(parse_transport("error:" + std::string(1018, 'x')));
    EXPECT_FALSE(parse_transport("error:" + std::string(1019, 'x')));
    std::string many = "smtp:a.example";
    for (int i = 0; i < 50; ++i) many += ",a.example";
    EXPECT_FALSE(parse_transport(many));
}

class TransportsTest : public EngineTest {
  protected:
    TransportsTest() {
        EXPECT_TRUE(init_database(settings()));
        directory_ = std::move(*open_directory(settings()));
        EXPECT_TRUE(directory_->add_domain("example.org"));
        EXPECT_TRUE(directory_->add_user({"joe@example.org", "h", 0, true, false}));
    }
    std::string map(const std::string& key) { return sasl::encode(answer(*directory_, {"transport", key}, {})); }
    std::unique_ptr<Directory> directory_;
};

TEST_P(TransportsTest, EachSourceHasOne) {
    Transports& transports = directory_->transports();
    ASSERT_TRUE(transports.add("example.net", "smtp:[relay.example]"));
    ASSERT_TRUE(transports.add(".example.net", "lmtp:unix:/run/lmtp"));
    EXPECT_EQ(transports.add("example.net", "smtp:").error().code, ErrorCode::exists);
    ASSERT_EQ(transports.list()->size(), 2u);
    EXPECT_EQ((*transports.list())[0].source, ".example.net");
    EXPECT_EQ(map("Example.net"), sasl::encode_netstring("OK smtp:[relay.example]"));
    EXPECT_EQ(map(".example.net"), sasl::encode_netstring("OK lmtp:unix:/run/lmtp"));
    EXPECT_EQ(map("joe@example.net"), sasl::encode_netstring("OK smtp:[relay.example]"));
    EXPECT_EQ(map("joe@a.www.example.net"), sasl::encode_netstring("OK lmtp:unix:/run/lmtp"));
    EXPECT_EQ(map("joe@xexample.net"), "9:NOTFOUND ,");
    EXPECT_EQ(map("www.example.net"), "9:NOTFOUND ,");
    EXPECT_EQ(map("*"), "9:NOTFOUND ,");
    ASSERT_TRUE(transports.remove("example.net"));
    EXPECT_EQ(transports.remove("example.net").error().code, ErrorCode::not_found);
    EXPECT_EQ(map("example.net"), "9:NOTFOUND ,");
}

TEST_P(TransportsTest, ResolvingTellsTheRouteOfEachRecipient) {
    const auto resolve = [&](const std::string& key) {
        return sasl::encode(answer(*directory_, {"resolve", key}, {}));
    };
    Transports& transports = directory_->transports();
    ASSERT_TRUE(transports.add("example.net", "smtp:[relay.example]:25"));
    ASSERT_TRUE(transports.add("direct@example.net", ":"));
    ASSERT_TRUE(transports.add(".org", "smtp:[outside.example]"));
    ASSERT_TRUE(directory_->add_alias("out@example.org", "x@example.net"));
    EXPECT_EQ(resolve("out@example.org"),
              sasl::encode_netstring("OK remote\tx@example.net\tsmtp:[relay.example]:25\n"));
    EXPECT_EQ(resolve("direct@example.net"), sasl::encode_netstring("OK remote\tdirect@example.net\n"));
    EXPECT_EQ(resolve("a@other.org"), sasl::encode_netstring("OK remote\ta@other.org\tsmtp:[outside.example]\n"));
    // What goes for mail that leaves isn't for users of ours.
    EXPECT_EQ(resolve("joe@example.org"), sasl::encode_netstring("OK local\tjoe@example.org\n"));
    ASSERT_TRUE(transports.add("joe@example.org", "local:"));
    EXPECT_EQ(resolve("joe@example.org"), sasl::encode_netstring("OK local\tjoe@example.org\n"));
    ASSERT_TRUE(transports.remove("joe@example.org"));
    ASSERT_TRUE(transports.add("example.org", "lmtp:unix:/run/x"));
    EXPECT_EQ(resolve("joe@example.org"), sasl::encode_netstring("OK local\tjoe@example.org\t\tlmtp:unix:/run/x\n"));
}

TEST_P(TransportsTest, AUserWhoseMailAnotherServerHasLeadsThere) {
    EXPECT_EQ(map("joe@example.org"), "9:NOTFOUND ,");
    ASSERT_TRUE(raw()->execute("UPDATE virtual_users SET host = 'b.example.org'"));
    EXPECT_EQ(map("Joe@example.org"), sasl::encode_netstring("OK smtp:[b.example.org]"));
    ASSERT_TRUE(directory_->transports().add("joe@example.org", "lmtp:inet:c.example.org:24"));
    EXPECT_EQ(map("joe@example.org"), sasl::encode_netstring("OK lmtp:inet:c.example.org:24"));
    EXPECT_EQ(map("joe+x@example.org"), sasl::encode_netstring("OK lmtp:inet:c.example.org:24"));
}

INSTANTIATE_TEST_SUITE_P(Sqlite, TransportsTest, testing::Values(Engine::sqlite));
INSTANTIATE_TEST_SUITE_P(Mariadb, TransportsTest, testing::Values(Engine::mariadb));

}  // namespace
}  // namespace posthouse::auth
