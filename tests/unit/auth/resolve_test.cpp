// Tests of address resolution.
#include "auth/directory/resolve.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "tests/unit/auth/resolve_world.h"

namespace posthouse::auth {
namespace {

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

TEST_F(ResolveTest, TargetsThatDontExistAreDeadEndsOfThoseThatDo) {
    const auto dead_ends = [&](std::string_view address) {
        const Result<Resolution> found = resolve(*directory_, address, settings_);
        EXPECT_TRUE(found);
        if (!found) return std::vector<DeadEnd>();
        const std::string sent = encode(*found);
        EXPECT_EQ(parse_resolution(sent)->dead_ends, found->dead_ends);
        EXPECT_EQ(encode(*parse_resolution(sent)), sent);
        return found->dead_ends;
    };
    using DeadEnds = std::vector<DeadEnd>;
    alias("team@example.org", {"gone@example.org", "joe@example.org"});
    EXPECT_EQ(resolved("team@example.org"), "local:joe@example.org");
    EXPECT_EQ(dead_ends("team@example.org"), (DeadEnds{{"gone@example.org"}}));
    EXPECT_EQ(dead_ends("joe@example.org"), DeadEnds{});
    alias("dead@example.org", {"gone@example.org"});
    EXPECT_EQ(resolved("dead@example.org"), "not_found");
    alias("all@example.org", {"team@example.org", "dead@example.org"});
    EXPECT_EQ(dead_ends("all@example.org"), (DeadEnds{{"gone@example.org"}})) << "which dead@ leads to as well";
    DistributionLists& lists = directory_->distribution_lists();
    ASSERT_TRUE(lists.add("club@example.org", ""));
    ASSERT_TRUE(lists.set_rules("club@example.org", {.posters = ListPosters::anyone, .owner = "joe@example.org"}));
    ASSERT_TRUE(lists.add_member("club@example.org", "gone@example.org"));
    ASSERT_TRUE(lists.add_member("club@example.org", "joe@example.org"));
    EXPECT_EQ(dead_ends("club@example.org"), (DeadEnds{{"gone@example.org", "club-owner@example.org"}}));
}

TEST_F(ResolveTest, WhoReadsPostmastersMailIsNotWhoTheAddressIs) {
    EXPECT_TRUE(resolve(*directory_, "postmaster@example.org", settings_)->role);
    EXPECT_TRUE(parse_resolution(encode(*resolve(*directory_, "abuse@example.org", settings_)))->role);
    alias("postmaster@example.org", {"joe@example.org"});
    EXPECT_FALSE(resolve(*directory_, "postmaster@example.org", settings_)->role) << "somebody said so";
    EXPECT_FALSE(resolve(*directory_, "joe@example.org", settings_)->role);
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

TEST_F(ResolveTest, WhoseMailboxHasALimitOfItsOwnIsTold) {
    ASSERT_TRUE(directory_->add_user({"max@example.org", "h", 100, true, false}));
    alias("team@example.org", {"joe@example.org", "max@example.org"});
    EXPECT_EQ(map("resolve", "max@example.org"), sasl::encode_netstring("OK local\tmax@example.org\t\t\t\tquota\n"));
    const Result<Resolution> team = resolve(*directory_, "team@example.org", settings_);
    ASSERT_TRUE(team);
    const Result<Resolution> read = parse_resolution(encode(*team));
    ASSERT_TRUE(read) << read.error().text;
    EXPECT_EQ(read->recipients, team->recipients);
    EXPECT_TRUE(std::ranges::any_of(read->recipients, &Recipient::quota));
    EXPECT_FALSE(parse_resolution("local\tmax@example.org\t\t\t\tmuch\n"));
    EXPECT_FALSE(parse_resolution("remote\tmax@example.net\t\t\tquota\n"));
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
    EXPECT_EQ(steps.back(), (ResolveStep{ResolveStep::Rule::list, 0, "team@example.org", false, {"anyone"}}));
    steps.clear();
    ASSERT_TRUE(resolve(*directory_, "postmaster@example.org", settings_, listener));
    EXPECT_EQ(steps[steps.size() - 3],
              (ResolveStep{ResolveStep::Rule::postmaster, 0, "example.org", true, {"joe@example.org"}}));
}

TEST(ResolutionText, RoundTripsOddBytes) {
    const Resolution resolution{{{Recipient::Transport::local, "a\tb@example.org", "x\ny"},
                                 {Recipient::Transport::local, "c@example.org", "", "lmtp:unix:/run/x"},
                                 {Recipient::Transport::remote, "b@example.net", ""},
                                 {Recipient::Transport::remote, "d@example.net", "", "error:no\tmore"},
                                 {Recipient::Transport::relay, "e@branch.example", "", "", "team-owner@example.org"},
                                 {Recipient::Transport::local, "f@example.org", "", "", "team-owner@example.org"}},
                                {"team@example.org", "in\tner@example.org"}};
    const Result<Resolution> back = parse_resolution(encode(resolution));
    ASSERT_TRUE(back);
    EXPECT_EQ(back->recipients, resolution.recipients);
}

TEST(ResolutionText, MalformedTextIsRefused) {
    for (const std::string_view bad :
         {"", "local\ta@b", "local\n", "local\t\n", "pigeon\ta@b\n", "local\ta\tb\tc\td\te\n", "remote\ta\tb\tc\td\n",
          "list\ta\tb\nlocal\ta@b\n", "list\ta@b\n", "\n"})
        EXPECT_FALSE(parse_resolution(bad)) << bad;
    EXPECT_EQ(parse_resolution(std::string(max_resolution + 1, '\n')).error().code, ErrorCode::limit);
}

}  // namespace
}  // namespace posthouse::auth
