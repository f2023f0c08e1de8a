// Tests of the maps that other programs ask, and of who may send as whom.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/auth/resolve_world.h"

namespace posthouse::auth {
namespace {

TEST_F(ResolveTest, MapsForPostfixStayOneLevel) {
    alias("team@example.org", {"staff@example.org", "bob@elsewhere.example"});
    alias("staff@example.org", {"joe@example.org"});
    alias("@example.org", {"ann@example.org"});
    EXPECT_EQ(map("domain", "Example.org"), "14:OK example.org,");
    EXPECT_EQ(map("domain", "elsewhere.example"), "9:NOTFOUND ,");
    EXPECT_EQ(map("mailbox", "joe@example.org"), "19:OK example.org/joe/,");
    EXPECT_EQ(map("mailbox", "team@example.org"), "9:NOTFOUND ,");
    EXPECT_EQ(map("alias", "team@example.org"), sasl::encode_netstring("OK staff@example.org, bob@elsewhere.example"));
    EXPECT_EQ(map("alias", "@example.org"), "18:OK ann@example.org,");
    EXPECT_EQ(map("alias", "joe@example.org"), "18:OK joe@example.org,");
    EXPECT_EQ(map("alias", "joe@elsewhere.example"), "9:NOTFOUND ,");
    EXPECT_EQ(map("resolve", "joe+x@example.org"), sasl::encode_netstring("OK local\tjoe@example.org\tx\n"));
    EXPECT_EQ(map("resolve", "x"), "9:NOTFOUND ,");
    EXPECT_EQ(map("songs", "x"), "16:PERM No such map,");
}

TEST_F(ResolveTest, MapsForPostfixKnowDetailsAndCatchAllsAsItAsksForWholeAddressesOnly) {
    alias("team@example.org", {"joe@example.org", "ann+lists@example.org", "bob@elsewhere.example"});
    EXPECT_EQ(map("mailbox", "joe+x@example.org"), "19:OK example.org/joe/,");
    EXPECT_EQ(map("alias", "joe+x@example.org"), sasl::encode_netstring("OK joe+x@example.org"));
    EXPECT_EQ(map("alias", "team+x@example.org"),
              sasl::encode_netstring("OK joe+x@example.org, ann+lists@example.org, bob@elsewhere.example"));
    EXPECT_EQ(map("alias", "nobody@example.org"), "9:NOTFOUND ,");
    EXPECT_EQ(map("alias", "nobody+x@example.org"), "9:NOTFOUND ,");
    EXPECT_EQ(map("alias", "postmaster@example.org"), sasl::encode_netstring("OK joe@example.org"));
    alias("@example.org", {"ann@example.org"});
    EXPECT_EQ(map("alias", "nobody@example.org"), sasl::encode_netstring("OK ann@example.org"));
    EXPECT_EQ(map("alias", "joe@example.org"), sasl::encode_netstring("OK joe@example.org"));
    EXPECT_EQ(map("mailbox", "nobody@example.org"), "9:NOTFOUND ,");
    ASSERT_TRUE(directory_->add_domain_alias("example.net", "example.org"));
    EXPECT_EQ(map("alias", "whoever@example.net"), sasl::encode_netstring("OK whoever@example.org"));
}

TEST_F(ResolveTest, ARelayDomainTakesAnyOrItsListedRecipients) {
    RelayDomains& domains = directory_->relay_domains();
    ASSERT_TRUE(domains.add("branch.example", RelayRecipients::any));
    const auto transport = [&](const std::string& address) {
        const Result<Resolution> result = resolve(*directory_, address, settings_);
        return result && result->recipients.size() == 1 ? std::optional(result->recipients[0].transport) : std::nullopt;
    };
    EXPECT_EQ(transport("Any@Branch.example"), Recipient::Transport::relay);
    EXPECT_EQ(transport("any@sub.branch.example"), Recipient::Transport::remote);
    alias("out@example.org", {"joe@branch.example"});
    EXPECT_EQ(transport("out@example.org"), Recipient::Transport::relay);
    using Status = sasl::SocketmapReply::Status;
    EXPECT_EQ(map("relay", "branch.example"), sasl::encode(sasl::SocketmapReply{Status::ok, "any"}));
    EXPECT_EQ(map("relay", "example.org"), sasl::encode(sasl::SocketmapReply{Status::not_found, ""}));
    EXPECT_EQ(map("domain", "branch.example"), sasl::encode(sasl::SocketmapReply{Status::not_found, ""}));
    ASSERT_TRUE(domains.set_recipients("branch.example", RelayRecipients::listed));
    ASSERT_TRUE(domains.add_recipient("joe@branch.example"));
    EXPECT_EQ(transport("joe@branch.example"), Recipient::Transport::relay);
    EXPECT_EQ(resolved("any@branch.example"), "not_found");
    EXPECT_EQ(map("relay_recipient", "joe@branch.example"),
              sasl::encode(sasl::SocketmapReply{Status::ok, "joe@branch.example"}));
    EXPECT_EQ(map("relay_recipient", "any@branch.example"), sasl::encode(sasl::SocketmapReply{Status::not_found, ""}));
    EXPECT_EQ(directory_->add_user({"u@branch.example", "h", 0, true, false}).error().text,
              "Domain branch.example is one that is only relayed for");
}

TEST_F(ResolveTest, ASenderIsTheUserAndWhoWasGrantedTheAddressOrItsDomain) {
    user("zoe@example.org");
    alias("info@example.org", {"joe@example.org"});
    EXPECT_EQ(map("sender", "Joe@example.org"), sasl::encode_netstring("OK joe@example.org"));
    EXPECT_EQ(map("sender", "joe+x@example.org"), sasl::encode_netstring("OK joe@example.org"));
    EXPECT_EQ(map("sender", "info@example.org"), "9:NOTFOUND ,") << "an alias is no right to send as it";
    SendAsGrants& grants = directory_->send_as_grants();
    ASSERT_TRUE(grants.add("ann@example.org", "info@example.org"));
    ASSERT_TRUE(grants.add("ann@example.org", "@example.org"));
    ASSERT_TRUE(grants.add("zoe@example.org", "info@example.org"));
    EXPECT_EQ(map("sender", "info@example.org"), sasl::encode_netstring("OK ann@example.org, zoe@example.org"));
    EXPECT_EQ(map("sender", "joe@example.org"), sasl::encode_netstring("OK joe@example.org, ann@example.org"));
    EXPECT_EQ(map("sender", "ann@example.org"), sasl::encode_netstring("OK ann@example.org"));
    EXPECT_EQ(map("sender", "@example.org"), sasl::encode_netstring("OK ann@example.org"));
    EXPECT_EQ(map("sender", "@example.net"), "9:NOTFOUND ,");
    EXPECT_EQ(map("sender", "no address"), "9:NOTFOUND ,");
}

TEST_F(ResolveTest, ASenderUnderAnotherNameOfADomainIsTheSame) {
    ASSERT_TRUE(directory_->add_domain_alias("example.net", "example.org"));
    ASSERT_TRUE(directory_->send_as_grants().add("ann@example.org", "@example.org"));
    EXPECT_EQ(map("sender", "joe@example.net"), sasl::encode_netstring("OK joe@example.org, ann@example.org"));
    EXPECT_EQ(map("sender", "@example.net"), sasl::encode_netstring("OK ann@example.org"));
}

TEST_F(ResolveTest, AThousandMaySendAsAnAddressAndNoMore) {
    Result<Transaction> transaction = Transaction::writing(*directory_);
    for (std::size_t i = 0; i <= max_alias_targets; ++i) {
        const std::string email = "u" + std::to_string(i) + "@example.org";
        user(email);
        ASSERT_TRUE(directory_->send_as_grants().add(email, "info@example.org"));
    }
    ASSERT_TRUE(transaction->commit());
    EXPECT_EQ(map("sender", "info@example.org"),
              sasl::encode_netstring("PERM More than 1000 users may send as info@example.org"));
    ASSERT_TRUE(directory_->send_as_grants().remove("u7@example.org", "info@example.org"));
    EXPECT_NE(map("sender", "info@example.org").find(":OK u0@example.org, "), std::string::npos);
}

}  // namespace
}  // namespace posthouse::auth
