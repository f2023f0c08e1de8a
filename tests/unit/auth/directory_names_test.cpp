// Tests of what follows when users and domains are renamed, aliased or removed, in every engine.
#include <gtest/gtest.h>

#include "tests/unit/auth/engines.h"

namespace posthouse::auth {
namespace {

class DirectoryNamesTest : public EngineTest {};

TEST_P(DirectoryNamesTest, ARenamedUserIsNamedSoEverywhere) {
    const auto directory = create();
    for (const char* domain : {"example.org", "example.net"}) ASSERT_TRUE(directory->add_domain(domain));
    ASSERT_TRUE(directory->add_user(joe()));
    ASSERT_TRUE(directory->set_usage("joe@example.org", 42, 1));
    for (const auto& [source, destination] :
         std::vector<std::pair<const char*, const char*>>{{"joe@example.org", "joe@example.org"},
                                                          {"joe@example.org", "far@example.com"},
                                                          {"info@example.org", "joe@example.org"},
                                                          {"info@example.org", "jo@example.net"},
                                                          {"jo@example.net", "joe@example.org"}})
        ASSERT_TRUE(directory->add_alias(source, destination));
    EXPECT_EQ(directory->rename_user("ann@example.org", "x@example.org").error().code, ErrorCode::not_found);
    EXPECT_EQ(directory->rename_user("joe@example.org", "x@example.com").error().code, ErrorCode::not_found);
    EXPECT_EQ(directory->rename_user("joe@example.org", "joe@example.org").error().code, ErrorCode::exists);
    EXPECT_EQ(directory->rename_user("joe@example.org", "info@example.org").error().code, ErrorCode::exists);
    // The copy that joe@ kept is the one that jo@ keeps; info@ leads to the same address once.
    EXPECT_EQ(directory->rename_user("joe@example.org", "jo@example.net").value(), (RenameCounts{1, 4}));
    EXPECT_FALSE(*directory->find_user("joe@example.org"));
    const auto user = *directory->find_user("jo@example.net");
    ASSERT_TRUE(user);
    EXPECT_EQ(user->usage->bytes, 42);
    EXPECT_EQ(directory->alias_destinations("jo@example.net", 9).value(),
              (std::vector<std::string>{"far@example.com", "jo@example.net"}));
    EXPECT_EQ(directory->alias_destinations("info@example.org", 9).value(),
              (std::vector<std::string>{"jo@example.net"}));
    EXPECT_TRUE(directory->alias_destinations("joe@example.org", 9)->empty());
    EXPECT_EQ(directory->users("example.org")->size(), 0u);
    EXPECT_EQ(directory->users("example.net")->size(), 1u);
    EXPECT_EQ(directory->aliases("example.org")->size(), 1u);
}

TEST_P(DirectoryNamesTest, AnAliasThatLedToTheOldAddressOnlyGoesWithTheRename) {
    const auto directory = create();
    ASSERT_TRUE(directory->add_domain("example.org"));
    ASSERT_TRUE(directory->add_user(joe()));
    ASSERT_TRUE(directory->add_alias("joe.doe@example.org", "joe@example.org"));
    ASSERT_TRUE(directory->rename_user("joe@example.org", "joe.doe@example.org"));
    EXPECT_TRUE(directory->aliases("example.org")->empty());
}

TEST_P(DirectoryNamesTest, ARenamedDomainIsNamedSoEverywhere) {
    const auto directory = create();
    for (const char* domain : {"example.org", "example.net"}) ASSERT_TRUE(directory->add_domain(domain));
    ASSERT_TRUE(directory->add_domain_alias("example.com", "example.org"));
    ASSERT_TRUE(directory->add_domain_alias("example.info", "example.net"));
    ASSERT_TRUE(directory->add_user(joe()));
    ASSERT_TRUE(directory->add_user({"ann@example.org", "h", 0, true, false}));
    ASSERT_TRUE(directory->add_user({"ann@example.net", "h", 0, true, false}));
    ASSERT_TRUE(directory->set_usage("joe@example.org", 42, 1));
    ASSERT_TRUE(directory->add_alias("@example.org", "joe@example.org"));
    ASSERT_TRUE(directory->add_alias("info@example.net", "joe@example.org"));
    ASSERT_TRUE(directory->add_alias("not@example.net", "joe@sub.example.org"));
    EXPECT_EQ(directory->rename_domain("example.org", "example.net").error().code, ErrorCode::exists);
    EXPECT_EQ(directory->rename_domain("example.org", "example.info").error().code, ErrorCode::exists);
    EXPECT_EQ(directory->rename_domain("nowhere.example", "somewhere.example").error().code, ErrorCode::not_found);
    EXPECT_EQ(directory->rename_domain("example.org", "example.com").value(), (RenameCounts{2, 3}));
    EXPECT_FALSE(*directory->has_domain("example.org"));
    EXPECT_TRUE(*directory->has_domain("example.com"));
    EXPECT_FALSE(*directory->domain_alias("example.com"));
    EXPECT_EQ((*directory->find_user("joe@example.com"))->usage->bytes, 42);
    EXPECT_TRUE(*directory->find_user("ann@example.com"));
    EXPECT_TRUE(*directory->find_user("ann@example.net"));
    EXPECT_EQ(directory->alias_destinations("@example.com", 9).value(), std::vector<std::string>{"joe@example.com"});
    EXPECT_EQ(directory->alias_destinations("info@example.net", 9).value(),
              std::vector<std::string>{"joe@example.com"});
    EXPECT_EQ(directory->alias_destinations("not@example.net", 9).value(),
              std::vector<std::string>{"joe@sub.example.org"});
}

TEST_P(DirectoryNamesTest, RemovingADomainTakesItsUsersAliasesAndUsageAlong) {
    const auto directory = create();
    ASSERT_TRUE(directory->add_domain("example.org"));
    ASSERT_TRUE(directory->add_user(joe()));
    ASSERT_TRUE(directory->set_usage("joe@example.org", 42, 1));
    ASSERT_TRUE(directory->add_alias("info@example.org", "joe@example.org"));
    ASSERT_TRUE(directory->remove_domain("example.org"));
    EXPECT_TRUE(directory->users({})->empty());
    EXPECT_TRUE(directory->aliases({})->empty());
    EXPECT_EQ(raw()->query_number("SELECT count(*) FROM mailbox_usage"), 0);
}

TEST_P(DirectoryNamesTest, RelayDomainsAreNoDomainsOfOurs) {
    const auto directory = create();
    ASSERT_TRUE(directory->add_domain("example.org"));
    ASSERT_TRUE(directory->add_domain_alias("example.net", "example.org"));
    RelayDomains& domains = directory->relay_domains();
    ASSERT_TRUE(domains.add("branch.example", RelayRecipients::listed));
    EXPECT_EQ(domains.add("branch.example", RelayRecipients::any).error().code, ErrorCode::exists);
    EXPECT_EQ(domains.add("example.org", RelayRecipients::any).error().code, ErrorCode::exists);
    EXPECT_EQ(domains.add("example.net", RelayRecipients::any).error().code, ErrorCode::exists);
    EXPECT_EQ(directory->add_domain("branch.example").error().code, ErrorCode::exists);
    EXPECT_FALSE(*directory->has_domain("branch.example"));
    EXPECT_EQ(*directory->relay_domain("branch.example"), RelayRecipients::listed);
    EXPECT_FALSE(directory->relay_domain("example.org")->has_value());
    EXPECT_EQ(directory->domains()->size(), 1u);
    EXPECT_EQ(directory->add_alias("a@branch.example", "b@example.org").error().code, ErrorCode::not_found);
    EXPECT_EQ(directory->distribution_lists().add("a@branch.example", "").error().code, ErrorCode::not_found);
    ASSERT_TRUE(domains.add_recipient("joe@branch.example"));
    EXPECT_EQ(domains.add_recipient("joe@branch.example").error().code, ErrorCode::exists);
    EXPECT_EQ(domains.add_recipient("joe@example.org").error().code, ErrorCode::not_found);
    EXPECT_TRUE(*directory->has_relay_recipient("joe@branch.example"));
    EXPECT_FALSE(*directory->has_relay_recipient("ann@branch.example"));
    EXPECT_EQ(*domains.recipients("branch.example"), std::vector<std::string>{"joe@branch.example"});
    ASSERT_TRUE(domains.set_recipients("branch.example", RelayRecipients::any));
    EXPECT_EQ(domains.set_recipients("example.org", RelayRecipients::any).error().code, ErrorCode::not_found);
    const std::vector<RelayDomain> all = *domains.list();
    ASSERT_EQ(all.size(), 1u);
    EXPECT_EQ(all[0].name, "branch.example");
    EXPECT_EQ(all[0].recipients, RelayRecipients::any);
    EXPECT_EQ(all[0].listed, 1);
    ASSERT_TRUE(directory->rename_domain("branch.example", "twig.example"));
    EXPECT_TRUE(*directory->has_relay_recipient("joe@twig.example"));
    ASSERT_TRUE(domains.remove_recipient("joe@twig.example"));
    EXPECT_EQ(domains.remove_recipient("joe@twig.example").error().code, ErrorCode::not_found);
    ASSERT_TRUE(domains.add_recipient("joe@twig.example"));
    ASSERT_TRUE(directory->remove_domain("twig.example"));
    EXPECT_FALSE(*directory->has_relay_recipient("joe@twig.example"));
}

TEST_P(DirectoryNamesTest, RemovingAnAliasCanTakeOneDestinationOrAll) {
    const auto directory = create();
    ASSERT_TRUE(directory->add_domain("example.org"));
    for (const char* to : {"a@x.example", "b@x.example", "c@x.example"})
        ASSERT_TRUE(directory->add_alias("info@example.org", to));
    ASSERT_TRUE(directory->remove_alias("info@example.org", "b@x.example"));
    EXPECT_EQ(directory->aliases({})->size(), 2u);
    ASSERT_TRUE(directory->remove_alias("info@example.org", {}));
    EXPECT_TRUE(directory->aliases({})->empty());
}

TEST_P(DirectoryNamesTest, ADomainAliasIsAnotherNameOfADomain) {
    const auto directory = create();
    ASSERT_TRUE(directory->add_domain("example.org"));
    EXPECT_EQ(directory->add_domain_alias("example.net", "example.com").error().code, ErrorCode::not_found);
    EXPECT_EQ(directory->add_domain_alias("example.org", "example.org").error().code, ErrorCode::exists);
    ASSERT_TRUE(directory->add_domain_alias("example.net", "example.org"));
    EXPECT_EQ(directory->add_domain_alias("example.net", "example.org").error().code, ErrorCode::exists);
    EXPECT_EQ(*directory->domain_alias("example.net"), "example.org");
    EXPECT_FALSE(*directory->domain_alias("example.org"));
    EXPECT_FALSE(*directory->has_domain("example.net"));
    ASSERT_EQ(directory->domain_aliases()->size(), 1u);
    ASSERT_TRUE(directory->remove_domain_alias("example.net"));
    EXPECT_EQ(directory->remove_domain_alias("example.net").error().code, ErrorCode::not_found);
}

INSTANTIATE_TEST_SUITE_P(Sqlite, DirectoryNamesTest, testing::Values(Engine::sqlite));
INSTANTIATE_TEST_SUITE_P(Mariadb, DirectoryNamesTest, testing::Values(Engine::mariadb));

}  // namespace
}  // namespace posthouse::auth
