// Tests of the directory in every engine.
#include <gtest/gtest.h>

#include "auth/directory/database.h"
#include "auth/directory/schema.h"
#include "auth/directory/sqlite.h"
#include "tests/unit/auth/engines.h"

namespace posthouse::auth {
namespace {

class DirectoryTest : public EngineTest {};

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
