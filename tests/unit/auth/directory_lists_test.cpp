// Tests of mailing lists in the directory, in every engine.
#include <gtest/gtest.h>

#include "tests/unit/auth/engines.h"

namespace posthouse::auth {
namespace {

class DirectoryListsTest : public EngineTest {};

TEST_P(DirectoryListsTest, ListsHaveMembersWhichAreNoAliases) {
    const auto directory = create();
    ASSERT_TRUE(directory->add_domain("example.org"));
    ASSERT_TRUE(directory->add_user(joe()));
    ASSERT_TRUE(directory->add_alias("info@example.org", "joe@example.org"));
    DistributionLists& lists = directory->distribution_lists();
    ASSERT_TRUE(lists.add("team@example.org", "All"));
    EXPECT_EQ(lists.add("team@example.org", "").error().code, ErrorCode::exists);
    EXPECT_EQ(lists.add("joe@example.org", "").error().text, "User joe@example.org already exists");
    EXPECT_EQ(lists.add("info@example.org", "").error().text, "Alias info@example.org already exists");
    EXPECT_EQ(lists.add("team@example.net", "").error().code, ErrorCode::not_found);
    ASSERT_TRUE(lists.add_member("team@example.org", "zoe@example.org"));
    ASSERT_TRUE(lists.add_member("team@example.org", "joe@example.org"));
    EXPECT_EQ(lists.add_member("team@example.org", "joe@example.org").error().code, ErrorCode::exists);
    EXPECT_EQ(lists.add_member("info@example.org", "zoe@example.org").error().code, ErrorCode::not_found);
    EXPECT_EQ(*lists.members("team@example.org"), (std::vector<std::string>{"zoe@example.org", "joe@example.org"}));
    EXPECT_TRUE(lists.members("info@example.org")->empty());
    EXPECT_EQ(directory->aliases("example.org")->size(), 1u);
    EXPECT_EQ((*directory->domains())[0].aliases, 1);
    ASSERT_TRUE(lists.describe("team@example.org", "All of us"));
    ASSERT_TRUE(lists.describe("team@example.org", "All of us"));
    EXPECT_EQ(lists.describe("info@example.org", "x").error().code, ErrorCode::not_found);
    const auto found = *lists.find("team@example.org");
    ASSERT_TRUE(found);
    EXPECT_EQ(found->description, "All of us");
    EXPECT_EQ(found->members, 2);
    EXPECT_FALSE(*lists.find("info@example.org"));
    EXPECT_TRUE(directory->find_list("team@example.org")->has_value());
    EXPECT_FALSE(directory->find_list("info@example.org")->has_value());
    EXPECT_EQ(lists.list("example.org")->size(), 1u);
    EXPECT_EQ(lists.remove_member("info@example.org", "joe@example.org").error().code, ErrorCode::not_found);
    ASSERT_TRUE(lists.remove_member("team@example.org", "zoe@example.org"));
    ASSERT_TRUE(lists.remove("team@example.org"));
    EXPECT_EQ(lists.remove("team@example.org").error().code, ErrorCode::not_found);
    EXPECT_TRUE(directory->alias_destinations("team@example.org", 10)->empty());
    EXPECT_EQ(directory->alias_destinations("info@example.org", 10)->size(), 1u);
    ASSERT_TRUE(lists.add("team@example.org", ""));
    ASSERT_TRUE(directory->remove_domain("example.org"));
    EXPECT_TRUE(lists.list({})->empty());
}

TEST_P(DirectoryListsTest, ListsHaveRulesAndPosters) {
    const auto directory = create();
    ASSERT_TRUE(directory->add_domain("example.org"));
    DistributionLists& lists = directory->distribution_lists();
    ASSERT_TRUE(lists.add("team@example.org", ""));
    EXPECT_EQ((*lists.find("team@example.org"))->rules, ListRules());
    const ListRules rules{ListPosters::members, "joe@example.net"};
    ASSERT_TRUE(lists.set_rules("team@example.org", rules));
    ASSERT_TRUE(lists.set_rules("team@example.org", rules));
    EXPECT_EQ(lists.set_rules("gone@example.org", rules).error().code, ErrorCode::not_found);
    EXPECT_EQ(**directory->find_list("team@example.org"), rules);
    EXPECT_EQ((*lists.list({}))[0].rules, rules);
    ASSERT_TRUE(lists.add_poster("team@example.org", "zoe@example.net"));
    ASSERT_TRUE(lists.add_poster("team@example.org", "@example.com"));
    EXPECT_EQ(lists.add_poster("team@example.org", "zoe@example.net").error().code, ErrorCode::exists);
    EXPECT_EQ(lists.add_poster("gone@example.org", "zoe@example.net").error().code, ErrorCode::not_found);
    EXPECT_EQ(*lists.posters("team@example.org"), (std::vector<std::string>{"zoe@example.net", "@example.com"}));
    EXPECT_EQ(*directory->list_posters("team@example.org", 1), std::vector<std::string>{"zoe@example.net"});
    ASSERT_TRUE(lists.remove_poster("team@example.org", "zoe@example.net"));
    EXPECT_EQ(lists.remove_poster("team@example.org", "zoe@example.net").error().code, ErrorCode::not_found);
    ASSERT_TRUE(lists.remove("team@example.org"));
    EXPECT_TRUE(lists.posters("team@example.org")->empty());
}

TEST_P(DirectoryListsTest, AListHasAThousandMembersAndNoMore) {
    const auto directory = create();
    ASSERT_TRUE(directory->add_domain("example.org"));
    DistributionLists& lists = directory->distribution_lists();
    Result<Transaction> transaction = Transaction::writing(*directory);
    ASSERT_TRUE(lists.add("all@example.org", ""));
    for (std::size_t i = 0; i < max_list_members; ++i)
        ASSERT_TRUE(lists.add_member("all@example.org", "u" + std::to_string(i) + "@example.org"));
    EXPECT_EQ(lists.add_member("all@example.org", "one@example.org").error().code, ErrorCode::limit);
    ASSERT_TRUE(transaction->commit());
}

INSTANTIATE_TEST_SUITE_P(Sqlite, DirectoryListsTest, testing::Values(Engine::sqlite));
INSTANTIATE_TEST_SUITE_P(Mariadb, DirectoryListsTest, testing::Values(Engine::mariadb));

}  // namespace
}  // namespace posthouse::auth
