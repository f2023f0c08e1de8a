// Tests of address resolution.
#include "auth/directory/resolve.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "auth/directory/sqlite_directory.h"
#include "auth/server/maps.h"
#include "tests/unit/daemon/fake_daemon.h"

namespace posthouse::auth {
namespace {

class ResolveTest : public testing::Test {
  protected:
    ResolveTest() {
        domain("example.org");
        user("joe@example.org");
        user("ann@example.org");
    }
    void domain(const std::string& name) { ASSERT_TRUE(directory_->add_domain(name)); }
    void user(const std::string& email, bool admin = false) {
        ASSERT_TRUE(directory_->add_user({email, "h", 0, true, admin}));
    }
    void alias(const std::string& source, const std::vector<std::string>& destinations) {
        for (const std::string& destination : destinations) ASSERT_TRUE(directory_->add_alias(source, destination));
    }
    /// Recipients as "local:address+detail" or "remote:address", sorted; or the error's code.
    std::string resolved(const std::string& address) {
        const Result<Resolution> result = resolve(*directory_, address, settings_);
        if (!result) return std::string(to_string(result.error().code));
        std::vector<std::string> parts;
        for (const Recipient& recipient : result->recipients) {
            const bool local = recipient.transport == Recipient::Transport::local;
            parts.push_back((local ? "local:" : "remote:") + recipient.address +
                            (recipient.detail.empty() ? "" : "+" + recipient.detail));
        }
        std::ranges::sort(parts);
        std::string text;
        for (const std::string& part : parts) text += (text.empty() ? "" : " ") + part;
        return text;
    }
    std::string map(const std::string& name, const std::string& key) {
        return sasl::encode(answer(*directory_, {name, key}, settings_));
    }

    TemporaryFolder folder_;
    std::unique_ptr<Directory> directory_ = std::move(*create_sqlite_directory({folder_.path() + "/d.sqlite", 0}));
    ResolveSettings settings_;
};

TEST_F(ResolveTest, AUserIsItsOwnMailboxInAnyCase) { EXPECT_EQ(resolved("JOE@Example.Org"), "local:joe@example.org"); }

TEST_F(ResolveTest, UnknownAddressesOfLocalDomainsAreNotFound) {
    EXPECT_EQ(resolved("nobody@example.org"), "not_found");
    EXPECT_EQ(resolved("not an address"), "invalid");
}

TEST_F(ResolveTest, OtherDomainsAreRemote) {
    EXPECT_EQ(resolved("Bob@Elsewhere.example"), "remote:bob@elsewhere.example");
}

TEST_F(ResolveTest, AliasesLeadToAllTheirTargetsOnceThroughOthers) {
    alias("team@example.org", {"joe@example.org", "staff@example.org", "bob@elsewhere.example"});
    alias("staff@example.org", {"ann@example.org", "joe@example.org"});
    EXPECT_EQ(resolved("team@example.org"), "local:ann@example.org local:joe@example.org remote:bob@elsewhere.example");
}

TEST_F(ResolveTest, DetailsAreCutOffAndKept) {
    EXPECT_EQ(resolved("joe+shop@example.org"), "local:joe@example.org+shop");
    EXPECT_EQ(resolved("joe+a+b@example.org"), "local:joe@example.org+a+b");
    user("joe+vip@example.org");
    EXPECT_EQ(resolved("joe+vip@example.org"), "local:joe+vip@example.org");
    EXPECT_EQ(resolved("+joe@example.org"), "not_found");
    settings_.delimiter = '\0';
    EXPECT_EQ(resolved("joe+shop@example.org"), "not_found");
}

TEST_F(ResolveTest, DetailsOfAnAliasReachLocalMailboxesOnly) {
    alias("info@example.org", {"joe@example.org", "bob@elsewhere.example"});
    EXPECT_EQ(resolved("info+shop@example.org"), "local:joe@example.org+shop remote:bob@elsewhere.example");
}

TEST_F(ResolveTest, AForwardTakesTheMailOfAUserUnlessItNamesTheUserToo) {
    alias("joe@example.org", {"bob@elsewhere.example"});
    EXPECT_EQ(resolved("joe@example.org"), "remote:bob@elsewhere.example");
    alias("joe@example.org", {"joe@example.org"});
    EXPECT_EQ(resolved("joe@example.org"), "local:joe@example.org remote:bob@elsewhere.example");
    EXPECT_EQ(resolved("joe+x@example.org"), "local:joe@example.org+x remote:bob@elsewhere.example");
}

TEST_F(ResolveTest, TwoUsersThatForwardToEachOtherKeepACopyEach) {
    alias("joe@example.org", {"joe@example.org", "ann@example.org"});
    alias("ann@example.org", {"ann@example.org", "joe@example.org"});
    EXPECT_EQ(resolved("joe@example.org"), "local:ann@example.org local:joe@example.org");
}

TEST_F(ResolveTest, ACatchAllTakesOnlyWhatNobodyHas) {
    alias("@example.org", {"ann@example.org"});
    EXPECT_EQ(resolved("nobody@example.org"), "local:ann@example.org");
    EXPECT_EQ(resolved("joe@example.org"), "local:joe@example.org");
    EXPECT_EQ(resolved("joe+x@example.org"), "local:joe@example.org+x");
}

TEST_F(ResolveTest, AnAliasDomainKeepsTheLocalPart) {
    domain("example.net");
    alias("@example.net", {"@example.org"});
    EXPECT_EQ(resolved("joe@example.net"), "local:joe@example.org");
    EXPECT_EQ(resolved("joe+x@example.net"), "local:joe@example.org+x");
    EXPECT_EQ(resolved("nobody@example.net"), "not_found");
}

TEST_F(ResolveTest, LoopsAreNamed) {
    alias("a@example.org", {"b@example.org"});
    alias("b@example.org", {"c@example.org"});
    alias("c@example.org", {"a@example.org"});
    const Result<Resolution> result = resolve(*directory_, "a@example.org", settings_);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::denied);
    EXPECT_EQ(result.error().text, "Alias loop: a@example.org > b@example.org > c@example.org > a@example.org");
}

TEST_F(ResolveTest, AliasDomainsThatLeadToEachOtherAreALoop) {
    domain("example.net");
    alias("@example.net", {"@example.org"});
    alias("@example.org", {"@example.net"});
    EXPECT_EQ(resolved("nobody@example.net"), "denied");
    EXPECT_EQ(resolved("joe@example.net"), "local:joe@example.org");
}

TEST_F(ResolveTest, TenLevelsAreFollowedAndNoMore) {
    for (int i = 1; i <= max_alias_depth; ++i) {
        const std::string next = i == max_alias_depth ? "joe" : "level" + std::to_string(i + 1);
        alias("level" + std::to_string(i) + "@example.org", {next + "@example.org"});
    }
    EXPECT_EQ(resolved("level1@example.org"), "local:joe@example.org");
    alias("level0@example.org", {"level1@example.org"});
    EXPECT_EQ(resolved("level0@example.org"), "denied");
}

TEST_F(ResolveTest, AThousandTargetsAreFollowedAndNoMore) {
    Result<Transaction> transaction = Transaction::writing(*directory_);
    for (std::size_t i = 1; i < max_alias_targets; ++i)
        alias("all@example.org", {"u" + std::to_string(i) + "@elsewhere.example"});
    ASSERT_TRUE(transaction->commit());
    const Result<Resolution> most = resolve(*directory_, "all@example.org", settings_);
    ASSERT_TRUE(most) << most.error().message();
    EXPECT_EQ(most->recipients.size(), max_alias_targets - 1);
    EXPECT_EQ(parse_resolution(encode(*most))->recipients, most->recipients);
    alias("all@example.org", {"last@elsewhere.example", "over@elsewhere.example"});
    EXPECT_EQ(resolved("all@example.org"), "denied");
}

TEST_F(ResolveTest, TargetsThatDontExistAreLeftOut) {
    alias("team@example.org", {"gone@example.org", "joe@example.org"});
    EXPECT_EQ(resolved("team@example.org"), "local:joe@example.org");
    alias("dead@example.org", {"gone@example.org"});
    EXPECT_EQ(resolved("dead@example.org"), "not_found");
}

TEST_F(ResolveTest, PostmasterAndAbuseAreAnsweredInEveryDomain) {
    EXPECT_EQ(resolved("Postmaster@example.org"), "local:joe@example.org");
    EXPECT_EQ(resolved("abuse@example.org"), "local:joe@example.org");
    user("boss@example.org", true);
    EXPECT_EQ(resolved("postmaster@example.org"), "local:boss@example.org");
    settings_.postmaster = "ann@example.org";
    EXPECT_EQ(resolved("postmaster@example.org"), "local:ann@example.org");
    settings_.postmaster = "postmaster@example.org";
    EXPECT_EQ(resolved("postmaster@example.org"), "local:boss@example.org");
    alias("postmaster@example.org", {"joe@example.org"});
    EXPECT_EQ(resolved("postmaster@example.org"), "local:joe@example.org");
    EXPECT_EQ(resolved("postmaster@elsewhere.example"), "remote:postmaster@elsewhere.example");
}

TEST_F(ResolveTest, DisabledUsersStillGetMail) {
    ASSERT_TRUE(directory_->set_enabled("joe@example.org", false));
    EXPECT_EQ(resolved("joe@example.org"), "local:joe@example.org");
}

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

TEST_F(ResolveTest, AListLeadsToItsMembersAndTakesNoMailWithoutThem) {
    alias("@example.org", {"ann@example.org"});
    DistributionLists& lists = directory_->distribution_lists();
    ASSERT_TRUE(lists.add("team@example.org", "All of us"));
    EXPECT_EQ(resolved("team@example.org"), "not_found") << "a catch-all doesn't take it";
    EXPECT_EQ(resolved("team+x@example.org"), "not_found");
    EXPECT_EQ(map("alias", "team@example.org"), sasl::encode_netstring("OK team@example.org"));
    EXPECT_EQ(map("mailbox", "team@example.org"), "9:NOTFOUND ,");
    alias("all@example.org", {"team@example.org", "joe@example.org"});
    EXPECT_EQ(resolved("all@example.org"), "local:joe@example.org");
    ASSERT_TRUE(lists.add_member("team@example.org", "joe@example.org"));
    ASSERT_TRUE(lists.add_member("team@example.org", "ann@example.org"));
    EXPECT_EQ(resolved("team@example.org"), "local:ann@example.org local:joe@example.org");
    EXPECT_EQ(resolved("team+x@example.org"), "local:ann@example.org+x local:joe@example.org+x");
    ASSERT_TRUE(lists.add("abuse@example.org", ""));
    EXPECT_EQ(resolved("abuse@example.org"), "not_found");
}

TEST_F(ResolveTest, AListenerIsToldEachStep) {
    ASSERT_TRUE(directory_->add_domain_alias("example.net", "example.org"));
    alias("info@example.org", {"joe@example.org", "bob@elsewhere.example", "gone@example.org"});
    using Rule = ResolveStep::Rule;
    std::vector<ResolveStep> steps;
    const auto listener = [&](const ResolveStep& step) { steps.push_back(step); };
    ASSERT_TRUE(resolve(*directory_, "info+x@example.net", settings_, listener));
    const std::vector<ResolveStep> expected{
        {Rule::domain, 0, "example.net", false, {}},
        {Rule::domain_alias, 0, "example.net", true, {"example.org"}},
        {Rule::alias, 0, "info+x@example.net", false, {}},
        {Rule::user, 0, "info+x@example.net", false, {}},
        {Rule::detail, 0, "info+x@example.net", true, {"info@example.net"}},
        {Rule::alias, 0, "info@example.net", false, {}},
        {Rule::user, 0, "info@example.net", false, {}},
        {Rule::domain_alias, 0, "info+x@example.net", true, {"info+x@example.org"}},
        {Rule::domain, 1, "example.org", true, {}},
        {Rule::alias, 1, "info+x@example.org", false, {}},
        {Rule::user, 1, "info+x@example.org", false, {}},
        {Rule::detail, 1, "info+x@example.org", true, {"info@example.org"}},
        {Rule::alias, 1, "info@example.org", true, {"joe@example.org", "bob@elsewhere.example", "gone@example.org"}},
        {Rule::domain, 2, "example.org", true, {}},
        {Rule::alias, 2, "joe@example.org", false, {}},
        {Rule::user, 2, "joe@example.org", true, {}},
        {Rule::local, 2, "joe@example.org", true, {}},
        {Rule::domain, 2, "elsewhere.example", false, {}},
        {Rule::remote, 2, "bob@elsewhere.example", true, {}},
        {Rule::domain, 2, "example.org", true, {}},
        {Rule::alias, 2, "gone@example.org", false, {}},
        {Rule::user, 2, "gone@example.org", false, {}},
        {Rule::alias, 2, "@example.org", false, {}},
    };
    EXPECT_EQ(steps, expected);
}

TEST_F(ResolveTest, AListenerIsToldWhyNobodyGetsTheMail) {
    alias("a@example.org", {"b@example.org"});
    alias("b@example.org", {"a@example.org"});
    std::vector<ResolveStep> steps;
    const auto listener = [&](const ResolveStep& step) { steps.push_back(step); };
    ASSERT_FALSE(resolve(*directory_, "a@example.org", settings_, listener));
    ASSERT_GE(steps.size(), 2u);
    EXPECT_EQ(steps[steps.size() - 2], (ResolveStep{ResolveStep::Rule::loop, 2, "a@example.org", true, {}}));
    steps.clear();
    ASSERT_TRUE(directory_->distribution_lists().add("team@example.org", ""));
    ASSERT_FALSE(resolve(*directory_, "team@example.org", settings_, listener));
    EXPECT_EQ(steps.back(), (ResolveStep{ResolveStep::Rule::list, 0, "team@example.org", true, {}}));
    steps.clear();
    ASSERT_TRUE(resolve(*directory_, "postmaster@example.org", settings_, listener));
    EXPECT_EQ(steps[steps.size() - 3],
              (ResolveStep{ResolveStep::Rule::postmaster, 0, "example.org", true, {"joe@example.org"}}));
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

TEST(ResolutionText, RoundTripsOddBytes) {
    const Resolution resolution{{{Recipient::Transport::local, "a\tb@example.org", "x\ny"},
                                 {Recipient::Transport::local, "c@example.org", "", "lmtp:unix:/run/x"},
                                 {Recipient::Transport::remote, "b@example.net", ""},
                                 {Recipient::Transport::remote, "d@example.net", "", "error:no\tmore"}}};
    const Result<Resolution> back = parse_resolution(encode(resolution));
    ASSERT_TRUE(back);
    EXPECT_EQ(back->recipients, resolution.recipients);
}

TEST(ResolutionText, MalformedTextIsRefused) {
    for (const std::string_view bad :
         {"", "local\ta@b", "local\n", "local\t\n", "pigeon\ta@b\n", "local\ta\tb\tc\td\n", "remote\ta\tb\tc\n", "\n"})
        EXPECT_FALSE(parse_resolution(bad)) << bad;
    EXPECT_EQ(parse_resolution(std::string(max_resolution + 1, '\n')).error().code, ErrorCode::limit);
}

}  // namespace
}  // namespace posthouse::auth
