// Tests of the directory in every engine.
#include <gtest/gtest.h>

#include "auth/directory/database.h"
#include "auth/directory/schema.h"
#include "auth/directory/sqlite.h"
#include "tests/unit/auth/engines.h"

namespace posthouse::auth {
namespace {

class DirectoryTest : public EngineTest {};

NewUser joe() { return {"joe@example.org", "{PLAIN}secret", 100, true, false}; }

TEST_P(DirectoryTest, UsersAreFoundAsTheyWereAdded) {
    const auto directory = create();
    ASSERT_TRUE(directory->add_domain("example.org"));
    ASSERT_TRUE(directory->add_user(joe()));
    const auto user = directory->find_user("joe@example.org");
    ASSERT_TRUE(user && *user);
    EXPECT_EQ((*user)->password, "{PLAIN}secret");
    EXPECT_EQ((*user)->quota_mb, 100);
    EXPECT_TRUE((*user)->enabled);
    EXPECT_FALSE((*user)->usage);
    EXPECT_TRUE((*user)->services.all());
    EXPECT_FALSE(*directory->find_user("ann@example.org"));
    EXPECT_TRUE(*directory->has_domain("example.org"));
    EXPECT_FALSE(*directory->has_domain("example.net"));
}

TEST_P(DirectoryTest, EachFailureHasItsCode) {
    const auto directory = create();
    ASSERT_TRUE(directory->add_domain("example.org"));
    ASSERT_TRUE(directory->add_user(joe()));
    ASSERT_TRUE(directory->add_alias("info@example.org", "joe@example.org"));
    EXPECT_EQ(directory->add_domain("example.org").error().code, ErrorCode::exists);
    ASSERT_TRUE(directory->add_domain_alias("example.info", "example.org"));
    EXPECT_EQ(directory->add_domain("example.info").error().code, ErrorCode::exists);
    EXPECT_EQ(directory->add_user(joe()).error().code, ErrorCode::exists);
    EXPECT_EQ(directory->add_user({"x@example.net", "h", 0, true, false}).error().code, ErrorCode::not_found);
    EXPECT_EQ(directory->add_alias("info@example.org", "joe@example.org").error().code, ErrorCode::exists);
    EXPECT_EQ(directory->add_alias("info@example.net", "joe@example.org").error().code, ErrorCode::not_found);
    EXPECT_EQ(directory->remove_alias("info@example.org", "ann@example.org").error().code, ErrorCode::not_found);
    EXPECT_EQ(directory->remove_user("ann@example.org").error().code, ErrorCode::not_found);
    EXPECT_EQ(directory->set_password("ann@example.org", "h").error().code, ErrorCode::not_found);
    EXPECT_EQ(directory->set_enabled("ann@example.org", false).error().code, ErrorCode::not_found);
    EXPECT_EQ(directory->set_quota("ann@example.org", 1).error().code, ErrorCode::not_found);
    EXPECT_EQ(directory->set_services("ann@example.org", {}).error().code, ErrorCode::not_found);
    EXPECT_EQ(directory->set_usage("ann@example.org", 1, 1).error().code, ErrorCode::not_found);
    EXPECT_EQ(directory->remove_domain("example.net").error().code, ErrorCode::not_found);
}

TEST_P(DirectoryTest, ARenamedUserIsNamedSoEverywhere) {
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

TEST_P(DirectoryTest, AnAliasThatLedToTheOldAddressOnlyGoesWithTheRename) {
    const auto directory = create();
    ASSERT_TRUE(directory->add_domain("example.org"));
    ASSERT_TRUE(directory->add_user(joe()));
    ASSERT_TRUE(directory->add_alias("joe.doe@example.org", "joe@example.org"));
    ASSERT_TRUE(directory->rename_user("joe@example.org", "joe.doe@example.org"));
    EXPECT_TRUE(directory->aliases("example.org")->empty());
}

TEST_P(DirectoryTest, ARenamedDomainIsNamedSoEverywhere) {
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

TEST_P(DirectoryTest, ChangesAreSeenByOtherConnectionsAtOnce) {
    const auto writer = create();
    const auto reader = open();
    EXPECT_FALSE(*reader->has_domain("example.org"));
    ASSERT_TRUE(writer->add_domain("example.org"));
    EXPECT_TRUE(*reader->has_domain("example.org"));
    ASSERT_TRUE(writer->add_user(joe()));
    ASSERT_TRUE(writer->set_enabled("joe@example.org", false));
    ASSERT_TRUE(writer->set_password("joe@example.org", "{PLAIN}other"));
    ASSERT_TRUE(writer->set_quota("joe@example.org", 7));
    ASSERT_TRUE(writer->set_services("joe@example.org", Services("imap smtp")));
    ASSERT_TRUE(writer->set_app_passwords_only("joe@example.org", true));
    ASSERT_TRUE(writer->set_usage("joe@example.org", 42, 1));
    ASSERT_TRUE(writer->set_usage("joe@example.org", (42 << 20) + 1, 2));
    const auto user = reader->find_user("joe@example.org");
    EXPECT_FALSE((*user)->enabled);
    EXPECT_EQ((*user)->password, "{PLAIN}other");
    EXPECT_EQ((*user)->quota_mb, 7);
    EXPECT_EQ((*user)->services.text(), "imap smtp");
    EXPECT_TRUE((*user)->app_passwords_only);
    EXPECT_EQ((*user)->usage->bytes, (42 << 20) + 1);
    EXPECT_EQ((*user)->usage->messages, 2);
    EXPECT_EQ((*user)->usage->mb(), 43) << "rounded up";
    EXPECT_GT((*user)->usage->last_updated, 0);
}

TEST_P(DirectoryTest, RemovingADomainTakesItsUsersAliasesAndUsageAlong) {
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

TEST_P(DirectoryTest, ListsHaveMembersWhichAreNoAliases) {
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

TEST_P(DirectoryTest, ListsHaveRulesAndPosters) {
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

TEST_P(DirectoryTest, RelayDomainsAreNoDomainsOfOurs) {
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

TEST_P(DirectoryTest, AListHasAThousandMembersAndNoMore) {
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

TEST_P(DirectoryTest, LimitsAreSetAndReplaced) {
    const auto directory = create();
    SendingLimits& limits = directory->sending_limits();
    const SendingLimit first{"@example.org", 100, std::nullopt, 0};
    const SendingLimit other{"@example.org", std::nullopt, 5, std::nullopt};
    ASSERT_TRUE(limits.set(first));
    EXPECT_EQ(*limits.list(), std::vector{first});
    ASSERT_TRUE(limits.set(other));
    EXPECT_EQ(*limits.list(), std::vector{other});
    SendingLimit joes{"joe@example.org"};
    joes.messages_per_day = 7;
    joes.recipients_per_day = 70;
    ASSERT_TRUE(limits.set(joes));
    EXPECT_EQ(*directory->sending_limit("joe@example.org"), joes);
    EXPECT_EQ(*directory->sending_limit("@example.org"), other);
    EXPECT_EQ(*directory->sending_limit("ann@example.org"), std::nullopt);
    ASSERT_TRUE(limits.set({"joe@example.org"}));
    ASSERT_TRUE(limits.set({"joe@example.org"}));
    EXPECT_EQ(*limits.list(), std::vector{other});
}

TEST_P(DirectoryTest, LimitsGoWithTheirUserAndDomain) {
    const auto directory = create();
    ASSERT_TRUE(directory->add_domain("example.org"));
    ASSERT_TRUE(directory->add_user(joe()));
    for (const char* name : {"joe@example.org", "ann@example.org", "@example.org", "@an.example.org"})
        ASSERT_TRUE(directory->sending_limits().set({name, 1}));
    ASSERT_TRUE(directory->remove_user("joe@example.org"));
    EXPECT_EQ(*directory->sending_limit("joe@example.org"), std::nullopt);
    EXPECT_TRUE((*directory->sending_limit("ann@example.org")).has_value());
    ASSERT_TRUE(directory->remove_domain("example.org"));
    EXPECT_EQ(*directory->sending_limits().list(), (std::vector<SendingLimit>{{"@an.example.org", 1}}));
}

TEST_P(DirectoryTest, AdministratorsAreMadeAndUnmade) {
    const auto directory = create();
    ASSERT_TRUE(directory->add_domain("example.org"));
    ASSERT_TRUE(directory->add_user(joe()));
    ASSERT_TRUE(directory->set_admin("joe@example.org", true));
    EXPECT_TRUE((*directory->find_user("joe@example.org"))->admin);
    ASSERT_TRUE(directory->set_admin("joe@example.org", false));
    EXPECT_FALSE((*directory->find_user("joe@example.org"))->admin);
    EXPECT_EQ(directory->set_admin("ann@example.org", true).error().code, ErrorCode::not_found);
}

TEST_P(DirectoryTest, GrantsAreOfOneUserAndGoWithIt) {
    const auto directory = create();
    ASSERT_TRUE(directory->add_domain("example.org"));
    ASSERT_TRUE(directory->add_user(joe()));
    ASSERT_TRUE(directory->add_user({"ann@example.org", "h", 0, true, false}));
    SendAsGrants& grants = directory->send_as_grants();
    ASSERT_TRUE(grants.add("joe@example.org", "info@example.org"));
    ASSERT_TRUE(grants.add("joe@example.org", "@example.net"));
    ASSERT_TRUE(grants.add("ann@example.org", "info@example.org"));
    EXPECT_EQ(grants.add("ann@example.org", "info@example.org").error().code, ErrorCode::exists);
    EXPECT_EQ(grants.add("zoe@example.org", "info@example.org").error().code, ErrorCode::not_found);
    ASSERT_EQ(grants.list("joe@example.org")->size(), 2u);
    EXPECT_EQ((*grants.list("joe@example.org"))[0].address, "@example.net");
    EXPECT_EQ(grants.list({})->size(), 3u);
    EXPECT_EQ(*directory->senders("info@example.org", 10),
              (std::vector<std::string>{"ann@example.org", "joe@example.org"}));
    EXPECT_EQ(directory->senders("info@example.org", 1)->size(), 1u);
    EXPECT_EQ(*directory->senders("any@example.net", 10), std::vector<std::string>{"joe@example.org"});
    EXPECT_TRUE(directory->senders("any@example.org", 10)->empty());
    ASSERT_TRUE(grants.remove("ann@example.org", "info@example.org"));
    EXPECT_EQ(grants.remove("ann@example.org", "info@example.org").error().code, ErrorCode::not_found);
    ASSERT_TRUE(directory->remove_user("joe@example.org"));
    EXPECT_TRUE(grants.list({})->empty());
}

TEST_P(DirectoryTest, ListsAreSortedAndKeptToTheDomain) {
    const auto directory = create();
    ASSERT_TRUE(directory->add_domain("example.org"));
    ASSERT_TRUE(directory->add_domain("example.net"));
    for (const char* email : {"zoe@example.net", "ann@example.org", "joe@example.net"})
        ASSERT_TRUE(directory->add_user({email, "h", 0, true, false}));
    ASSERT_TRUE(directory->add_alias("info@example.net", "zoe@example.net"));
    ASSERT_TRUE(directory->add_alias("info@example.net", "joe@example.net"));
    const auto users = directory->users({});
    ASSERT_EQ(users->size(), 3u);
    EXPECT_EQ((*users)[0].email, "joe@example.net");
    EXPECT_EQ((*users)[2].email, "ann@example.org");
    EXPECT_EQ(directory->users("example.org")->size(), 1u);
    EXPECT_EQ(directory->aliases("example.org")->size(), 0u);
    EXPECT_EQ(*directory->alias_destinations("info@example.net", 10),
              (std::vector<std::string>{"zoe@example.net", "joe@example.net"}));
    EXPECT_EQ(directory->alias_destinations("info@example.net", 1)->size(), 1u);
    const auto domains = directory->domains();
    ASSERT_EQ(domains->size(), 2u);
    EXPECT_EQ((*domains)[0].name, "example.net");
    EXPECT_EQ((*domains)[0].users, 2);
    EXPECT_EQ((*domains)[0].aliases, 2);
}

TEST_P(DirectoryTest, RemovingAnAliasCanTakeOneDestinationOrAll) {
    const auto directory = create();
    ASSERT_TRUE(directory->add_domain("example.org"));
    for (const char* to : {"a@x.example", "b@x.example", "c@x.example"})
        ASSERT_TRUE(directory->add_alias("info@example.org", to));
    ASSERT_TRUE(directory->remove_alias("info@example.org", "b@x.example"));
    EXPECT_EQ(directory->aliases({})->size(), 2u);
    ASSERT_TRUE(directory->remove_alias("info@example.org", {}));
    EXPECT_TRUE(directory->aliases({})->empty());
}

TEST_P(DirectoryTest, ATransactionThatIsNotCommittedLeavesNothing) {
    const auto directory = create();
    {
        Result<Transaction> transaction = Transaction::writing(*directory);
        ASSERT_TRUE(transaction);
        ASSERT_TRUE(directory->add_domain("example.org"));
        EXPECT_TRUE(*directory->has_domain("example.org"));
    }
    EXPECT_FALSE(*directory->has_domain("example.org"));
    Result<Transaction> transaction = Transaction::writing(*directory);
    ASSERT_TRUE(directory->add_domain("example.org"));
    ASSERT_TRUE(transaction->commit());
    EXPECT_TRUE(*directory->has_domain("example.org"));
}

TEST_P(DirectoryTest, ReadersGoOnWhileSomebodyWritesAndASecondWriterIsToldToComeBack) {
    const auto writer = create();
    ASSERT_TRUE(writer->add_domain("example.org"));
    const auto other = open();
    Result<Transaction> transaction = Transaction::writing(*writer);
    ASSERT_TRUE(writer->add_domain("example.net"));
    EXPECT_TRUE(*other->has_domain("example.org"));
    EXPECT_FALSE(*other->has_domain("example.net"));
    EXPECT_EQ(Transaction::writing(*other).error().code, ErrorCode::unavailable);
    ASSERT_TRUE(transaction->commit());
    EXPECT_TRUE(other->add_domain("example.com"));
}

TEST_P(DirectoryTest, ASnapshotSeesOneState) {
    const auto writer = create();
    const auto reader = open();
    const Result<Snapshot> snapshot = Snapshot::of(*reader);
    EXPECT_FALSE(*reader->has_domain("example.org"));
    ASSERT_TRUE(writer->add_domain("example.org"));
    EXPECT_FALSE(*reader->has_domain("example.org"));
}

TEST_P(DirectoryTest, TheOldestAdministratorIsResponsible) {
    const auto directory = create();
    ASSERT_TRUE(directory->add_domain("example.org"));
    ASSERT_TRUE(directory->add_domain("example.net"));
    EXPECT_FALSE(*directory->responsible_user("example.org"));
    ASSERT_TRUE(directory->add_user({"zoe@example.org", "h", 0, true, false}));
    ASSERT_TRUE(directory->add_user({"ann@example.org", "h", 0, true, false}));
    EXPECT_EQ(*directory->responsible_user("example.org"), "zoe@example.org");
    EXPECT_FALSE(*directory->responsible_user("example.net"));
    ASSERT_TRUE(directory->add_user({"root@example.net", "h", 0, true, true}));
    EXPECT_EQ(*directory->responsible_user("example.org"), "root@example.net");
    ASSERT_TRUE(directory->add_user({"boss@example.org", "h", 0, true, true}));
    EXPECT_EQ(*directory->responsible_user("example.org"), "boss@example.org");
}

AppPassword app_password(std::string name, std::string scope = {}) {
    AppPassword app;
    app.name = std::move(name);
    app.password = "{PLAIN}app";
    app.scope = Services(std::move(scope));
    return app;
}

TEST_P(DirectoryTest, AnotherPasswordNeedsNoFurtherChange) {
    const auto directory = create();
    ASSERT_TRUE(directory->add_domain("example.org"));
    NewUser user = joe();
    user.must_change_password = true;
    ASSERT_TRUE(directory->add_user(user));
    const auto must_change = [&] { return (*directory->find_user("joe@example.org"))->must_change_password; };
    EXPECT_TRUE(must_change());
    ASSERT_TRUE(directory->set_password("joe@example.org", "{PLAIN}other"));
    EXPECT_FALSE(must_change());
    ASSERT_TRUE(directory->set_password("joe@example.org", "{PLAIN}first", true));
    EXPECT_TRUE(must_change());
    ASSERT_TRUE(directory->replace_hash("joe@example.org", "{PLAIN}first", "{CLEAR}first"));
    EXPECT_TRUE(must_change()) << "the same password";
}

TEST_P(DirectoryTest, AppPasswordsAreFoundAsTheyWereAdded) {
    const auto directory = create();
    ASSERT_TRUE(directory->add_domain("example.org"));
    ASSERT_TRUE(directory->add_user(joe()));
    EXPECT_TRUE(directory->find_app_passwords("joe@example.org", 10)->empty());
    AppPassword phone = app_password("Phone", "imap smtp");
    phone.networks = "192.0.2.0/24";
    phone.expires_at = 5'000'000'000;
    ASSERT_TRUE(directory->app_passwords().add("joe@example.org", phone));
    ASSERT_TRUE(directory->app_passwords().add("joe@example.org", app_password("T\xC3\xA4"
                                                                               "blet")));
    EXPECT_EQ(directory->app_passwords().add("joe@example.org", phone).error().code, ErrorCode::exists);
    EXPECT_EQ(directory->app_passwords().add("ann@example.org", phone).error().code, ErrorCode::not_found);
    const auto all = directory->find_app_passwords("joe@example.org", 10);
    ASSERT_TRUE(all && all->size() == 2);
    EXPECT_EQ((*all)[0].name, "Phone");
    EXPECT_EQ((*all)[0].password, "{PLAIN}app");
    EXPECT_EQ((*all)[0].scope.text(), "imap smtp");
    EXPECT_EQ((*all)[0].networks, "192.0.2.0/24");
    EXPECT_EQ((*all)[0].expires_at, 5'000'000'000);
    EXPECT_GT((*all)[0].created_at, 0);
    EXPECT_FALSE((*all)[0].last_used_at);
    EXPECT_EQ((*all)[1].name,
              "T\xC3\xA4"
              "blet");
    EXPECT_TRUE((*all)[1].scope.all());
    EXPECT_FALSE((*all)[1].expires_at);
    EXPECT_EQ(directory->find_app_passwords("joe@example.org", 1)->size(), 1u);
    EXPECT_TRUE(directory->find_app_passwords("ann@example.org", 10)->empty());
}

TEST_P(DirectoryTest, AppPasswordsAreBoundedTakenBackAndGoWithTheirUser) {
    const auto directory = create();
    ASSERT_TRUE(directory->add_domain("example.org"));
    ASSERT_TRUE(directory->add_user(joe()));
    for (std::size_t i = 0; i < max_app_passwords; ++i)
        ASSERT_TRUE(directory->app_passwords().add("joe@example.org", app_password(std::to_string(i))));
    EXPECT_EQ(directory->app_passwords().add("joe@example.org", app_password("more")).error().code, ErrorCode::limit);
    EXPECT_TRUE(directory->app_passwords().remove("joe@example.org", "7"));
    EXPECT_EQ(directory->app_passwords().remove("joe@example.org", "7").error().code, ErrorCode::not_found);
    EXPECT_EQ(directory->find_app_passwords("joe@example.org", 100)->size(), max_app_passwords - 1);
    EXPECT_TRUE(directory->app_passwords().remove("joe@example.org", {}));
    EXPECT_EQ(directory->app_passwords().remove("joe@example.org", {}).error().code, ErrorCode::not_found);
    ASSERT_TRUE(directory->app_passwords().add("joe@example.org", app_password("last")));
    ASSERT_TRUE(directory->remove_user("joe@example.org"));
    EXPECT_EQ(raw()->query_number("SELECT count(*) FROM app_passwords"), 0);
}

TEST_P(DirectoryTest, TheLatestUseOfAnAppPasswordIsKept) {
    const auto directory = create();
    ASSERT_TRUE(directory->add_domain("example.org"));
    ASSERT_TRUE(directory->add_user(joe()));
    ASSERT_TRUE(directory->app_passwords().add("joe@example.org", app_password("Phone")));
    const std::int64_t id = (*directory->find_app_passwords("joe@example.org", 1))[0].id;
    EXPECT_TRUE(directory->app_passwords().set_used(id, 1000));
    EXPECT_EQ(directory->app_passwords().set_used(id, 900).error().code, ErrorCode::not_found);
    EXPECT_EQ((*directory->find_app_passwords("joe@example.org", 1))[0].last_used_at, 1000);
    EXPECT_EQ(directory->app_passwords().set_used(id + 1, 1000).error().code, ErrorCode::not_found);
}

TEST_P(DirectoryTest, AuditEntriesAreListedLatestFirst) {
    const auto directory = create();
    ASSERT_TRUE(directory->add_audit({0, "root", "domain.add", "example.org", ""}));
    ASSERT_TRUE(directory->add_audit({0, "root", "user.add", "joe@example.org", "quota 5 MB"}));
    const auto all = directory->audit({}, 10);
    ASSERT_EQ(all->size(), 2u);
    EXPECT_EQ((*all)[0].action, "user.add");
    EXPECT_GT((*all)[0].at, 0);
    EXPECT_EQ(directory->audit({}, 1)->size(), 1u);
    ASSERT_EQ(directory->audit("example.org", 10)->size(), 1u);
    EXPECT_EQ((*directory->audit("example.org", 10))[0].action, "domain.add");
}

TEST_P(DirectoryTest, TextCannotBecomeSql) {
    const auto directory = create();
    ASSERT_TRUE(directory->add_domain("example.org"));
    ASSERT_TRUE(directory->add_user(joe()));
    using namespace std::string_view_literals;
    for (const std::string_view text :
         {"' OR 1=1 --"sv, "\\' OR 1=1 -- "sv, "x'; DROP TABLE virtual_users; --"sv, "joe@example.org' -- "sv,
          "joe@example.org "sv, "joe@example.org\0"sv, "joe@example.org\t"sv, "joe@example.org\n"sv,
          "jo\xC3\xA9@example.org"sv, "JOE@example.org"sv, "\xEF\xBD\x8Aoe@example.org"sv, "%"sv, "_oe@example.org"sv,
          "\"\""sv, "?"sv, "%u"sv, "joe@example.org/*"sv, "\xFF\xFE"sv}) {
        const auto user = directory->find_user(text);
        EXPECT_TRUE(!user || !*user) << text;
        const auto domain = directory->has_domain(text);
        EXPECT_TRUE(!domain || !*domain) << text;
        const auto aliases = directory->alias_destinations(text, 10);
        EXPECT_TRUE(!aliases || aliases->empty()) << text;
        EXPECT_FALSE(directory->remove_user(text)) << text;
        EXPECT_FALSE(directory->set_password(text, "x")) << text;
    }
    EXPECT_EQ((*directory->find_user("joe@example.org"))->password, "{PLAIN}secret");
    EXPECT_EQ(directory->users({})->size(), 1u);
}

TEST_P(DirectoryTest, TextIsKeptByteByByte) {
    const auto directory = create();
    ASSERT_TRUE(directory->add_domain("example.org"));
    const std::string odd = "{PLAIN}'\"\\%?\t\xF0\x9F\x93\xAE ";
    ASSERT_TRUE(directory->add_user({"jos\xC3\xA9@example.org", odd, 0, true, false}));
    EXPECT_EQ((*directory->find_user("jos\xC3\xA9@example.org"))->password, odd);
    EXPECT_FALSE(*directory->find_user("jose@example.org"));
    EXPECT_TRUE(directory->add_user({"jose@example.org", "x", 0, true, false}));
}

TEST_P(DirectoryTest, ADomainAliasIsAnotherNameOfADomain) {
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

TEST_P(DirectoryTest, AHashIsReplacedOnlyWhileItIsTheOldOne) {
    const auto directory = create();
    ASSERT_TRUE(directory->add_domain("example.org"));
    ASSERT_TRUE(directory->add_user(joe()));
    EXPECT_EQ(directory->replace_hash("joe@example.org", "other", "fresh").error().code, ErrorCode::not_found);
    ASSERT_TRUE(directory->replace_hash("joe@example.org", "{PLAIN}secret", "fresh"));
    EXPECT_EQ((*directory->find_user("joe@example.org"))->password, "fresh");
}

TEST_P(DirectoryTest, ScramKeysStayAsLongAsTheHashTheyBelongTo) {
    const auto directory = create();
    ASSERT_TRUE(directory->add_domain("example.org"));
    ASSERT_TRUE(directory->add_user(joe()));
    const auto keys = [&] { return (*directory->find_user("joe@example.org"))->scram_keys; };
    EXPECT_EQ(keys(), "");
    EXPECT_EQ(directory->set_scram_keys("joe@example.org", "other", "k").error().code, ErrorCode::not_found);
    ASSERT_TRUE(directory->set_scram_keys("joe@example.org", "{PLAIN}secret", "k"));
    EXPECT_EQ(keys(), "k");
    EXPECT_EQ((*directory->users(""))[0].scram_keys, "k");
    ASSERT_TRUE(directory->replace_hash("joe@example.org", "{PLAIN}secret", "fresh"));
    EXPECT_EQ(keys(), "");
    ASSERT_TRUE(directory->set_scram_keys("joe@example.org", "fresh", "k"));
    ASSERT_TRUE(directory->set_password("joe@example.org", "other"));
    EXPECT_EQ(keys(), "");
}

TEST_P(DirectoryTest, SettingWhatIsSetAlreadyIsNoError) {
    const auto directory = create();
    ASSERT_TRUE(directory->add_domain("example.org"));
    ASSERT_TRUE(directory->add_user(joe()));
    EXPECT_TRUE(directory->set_enabled("joe@example.org", true));
    EXPECT_TRUE(directory->set_usage("joe@example.org", 5, 1));
    EXPECT_TRUE(directory->set_usage("joe@example.org", 5, 1));
    EXPECT_TRUE(directory->set_quota("joe@example.org", 100));
    EXPECT_EQ((*directory->find_user("joe@example.org"))->usage->bytes, 5);
}

TEST_P(DirectoryTest, TwoAdministratorsAtOnceDoNotMixTheirChanges) {
    const auto one = create();
    ASSERT_TRUE(one->add_domain("example.org"));
    const auto two = open();
    Result<Transaction> first = Transaction::writing(*one);
    ASSERT_TRUE(first);
    ASSERT_TRUE(one->add_user(joe()));
    EXPECT_EQ(Transaction::writing(*two).error().code, ErrorCode::unavailable);
    EXPECT_FALSE(*two->find_user("joe@example.org"));
    ASSERT_TRUE(first->commit());
    Result<Transaction> second = Transaction::writing(*two);
    ASSERT_TRUE(second) << second.error().message();
    EXPECT_EQ(two->add_user(joe()).error().code, ErrorCode::exists);
    ASSERT_TRUE(two->remove_user("joe@example.org"));
    ASSERT_TRUE(second->commit());
    EXPECT_FALSE(*one->find_user("joe@example.org"));
}

INSTANTIATE_TEST_SUITE_P(Sqlite, DirectoryTest, testing::Values(Engine::sqlite));
INSTANTIATE_TEST_SUITE_P(Mariadb, DirectoryTest, testing::Values(Engine::mariadb));

}  // namespace
}  // namespace posthouse::auth
