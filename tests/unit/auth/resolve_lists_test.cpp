// Tests of addresses that are lists: who gets their mail, and who may post.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "tests/unit/auth/resolve_world.h"

namespace posthouse::auth {
namespace {

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

}  // namespace
}  // namespace posthouse::auth
