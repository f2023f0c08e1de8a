// Tests of address resolution.
#include "auth/directory/resolve.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

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
    EXPECT_EQ(steps.back(), (ResolveStep{ResolveStep::Rule::list, 0, "team@example.org", false, {"anyone"}}));
    steps.clear();
    ASSERT_TRUE(resolve(*directory_, "postmaster@example.org", settings_, listener));
    EXPECT_EQ(steps[steps.size() - 3],
              (ResolveStep{ResolveStep::Rule::postmaster, 0, "example.org", true, {"joe@example.org"}}));
}

TEST_F(ResolveTest, WhatComesThroughAListIsItsOwners) {
    DistributionLists& lists = directory_->distribution_lists();
    ASSERT_TRUE(lists.add("team@example.org", ""));
    ASSERT_TRUE(lists.add("inner@example.org", ""));
    alias("x@example.org", {"team@example.org", "ann@example.org"});
    for (const char* member : {"joe@example.org", "bob@elsewhere.example", "inner@example.org"})
        ASSERT_TRUE(lists.add_member("team@example.org", member));
    ASSERT_TRUE(lists.add_member("inner@example.org", "zoe@elsewhere.example"));
    ASSERT_TRUE(lists.set_rules("team@example.org", {ListPosters::anyone, "ann@example.org"}));
    const auto owners = [&] {
        std::map<std::string, std::string> all;
        const Result<Resolution> result = resolve(*directory_, "x@example.org", settings_);
        if (result)
            for (const Recipient& recipient : result->recipients) all[recipient.address] = recipient.owner;
        return all;
    };
    const std::string team = "team-owner@example.org";
    EXPECT_EQ(owners(), (std::map<std::string, std::string>{{"joe@example.org", team},
                                                            {"bob@elsewhere.example", team},
                                                            {"zoe@elsewhere.example", team},
                                                            {"ann@example.org", ""}}));
    ASSERT_TRUE(lists.set_rules("inner@example.org", {ListPosters::anyone, "boss@elsewhere.example"}));
    EXPECT_EQ(owners()["zoe@elsewhere.example"], "inner-owner@example.org");
    EXPECT_EQ(owners()["bob@elsewhere.example"], team);
    EXPECT_EQ(resolved("team-owner@example.org"), "local:ann@example.org");
    EXPECT_EQ(resolved("Inner-Owner@example.org"), "remote:boss@elsewhere.example");
    EXPECT_EQ(resolved("joe-owner@example.org"), "not_found");
    EXPECT_EQ(resolved("-owner@example.org"), "not_found");
    EXPECT_EQ(map("alias", "team-owner@example.org"),
              sasl::encode(sasl::SocketmapReply{sasl::SocketmapReply::Status::ok, "ann@example.org"}));
    ASSERT_TRUE(lists.set_rules("team@example.org", {}));
    EXPECT_EQ(resolved("team-owner@example.org"), "not_found");
    user("team-owner@example.org");
    ASSERT_TRUE(lists.set_rules("team@example.org", {ListPosters::anyone, "ann@example.org"}));
    EXPECT_EQ(resolved("team-owner@example.org"), "local:team-owner@example.org") << "a user of that name goes first";
}

TEST_F(ResolveTest, RestrictedListsOnTheWayAreTold) {
    DistributionLists& lists = directory_->distribution_lists();
    for (const char* list : {"open@example.org", "inner@example.org"}) ASSERT_TRUE(lists.add(list, ""));
    ASSERT_TRUE(lists.add_member("open@example.org", "inner@example.org"));
    ASSERT_TRUE(lists.add_member("inner@example.org", "joe@example.org"));
    const auto restricted = [&](const std::string& address) {
        return resolve(*directory_, address, settings_)->restricted_lists;
    };
    EXPECT_TRUE(restricted("open@example.org").empty());
    const auto through_list = [&](const std::string& address) {
        return parse_resolution(encode(*resolve(*directory_, address, settings_)))->through_list();
    };
    EXPECT_TRUE(through_list("inner@example.org"));
    EXPECT_FALSE(through_list("joe@example.org"));
    ASSERT_TRUE(lists.set_rules("inner@example.org", {ListPosters::members, ""}));
    EXPECT_EQ(restricted("open@example.org"), std::vector<std::string>{"inner@example.org"});
    EXPECT_EQ(restricted("INNER+x@example.org"), std::vector<std::string>{"inner@example.org"});
    EXPECT_TRUE(restricted("joe@example.org").empty());
}

TEST_F(ResolveTest, WhoMayPostIsWhatTheListSays) {
    DistributionLists& lists = directory_->distribution_lists();
    ASSERT_TRUE(lists.add("team@example.org", ""));
    ASSERT_TRUE(lists.add("inner@example.org", ""));
    ASSERT_TRUE(lists.add_member("team@example.org", "bob@elsewhere.example"));
    ASSERT_TRUE(lists.add_member("team@example.org", "inner@example.org"));
    ASSERT_TRUE(lists.add_member("inner@example.org", "joe@example.org"));
    ASSERT_TRUE(lists.add_poster("team@example.org", "boss@client.example"));
    ASSERT_TRUE(lists.add_poster("team@example.org", "@partner.example"));
    const auto who = [&](ListPosters posters) {
        EXPECT_TRUE(lists.set_rules("team@example.org", {posters, "own@elsewhere.example"}));
        std::string text;
        const std::vector<std::pair<std::string, Poster>> all{
            {"stranger", {"", "x@y.example"}},        {"nobody", {"", ""}},
            {"owner", {"", "Own@Elsewhere.example"}}, {"named", {"", "boss@client.example"}},
            {"partner", {"", "any@partner.example"}}, {"member", {"", "bob@elsewhere.example"}},
            {"joe", {"joe@example.org", ""}},         {"ann", {"ann@example.org", "ann@example.org"}},
            {"zoe", {"zoe@sub.example.org", ""}}};
        for (const auto& [name, poster] : all) {
            const Result<bool> may = may_post(*directory_, {"team", "example.org"}, poster, settings_);
            EXPECT_TRUE(may);
            if (may && *may) text += (text.empty() ? "" : " ") + name;
        }
        return text;
    };
    EXPECT_EQ(who(ListPosters::anyone), "stranger nobody owner named partner member joe ann zoe");
    EXPECT_EQ(who(ListPosters::authenticated), "owner named partner joe ann zoe");
    EXPECT_EQ(who(ListPosters::domain), "owner named partner joe ann");
    EXPECT_EQ(who(ListPosters::members), "owner named partner member joe");
    EXPECT_EQ(who(ListPosters::listed), "owner named partner");
    EXPECT_EQ(map("poster", "team@example.org\t\tboss@client.example"),
              sasl::encode(sasl::SocketmapReply{sasl::SocketmapReply::Status::ok, "ok"}));
    EXPECT_EQ(map("poster", "team@example.org\t\tx@y.example"),
              sasl::encode(sasl::SocketmapReply{
                  sasl::SocketmapReply::Status::permanent,
                  "only its own posters may post to this list, or write to team-owner@example.org"}));
    EXPECT_EQ(map("poster", "team@example.org"),
              sasl::encode(sasl::SocketmapReply{sasl::SocketmapReply::Status::permanent,
                                                "A poster is list TAB user TAB sender"}));
    EXPECT_TRUE(*may_post(*directory_, {"gone", "example.org"}, {}, settings_));
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
