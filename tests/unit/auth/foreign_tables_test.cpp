// Tests of look-ups in the tables of other programs.
#include <gtest/gtest.h>

#include "auth/directory/resolve.h"
#include "auth/server/maps.h"
#include "tests/unit/auth/engines.h"

namespace posthouse::auth {
namespace {

/// The tables of PostfixAdmin that matter to mail, as it documents them.
class PostfixAdmin : public EngineTest {
  protected:
    PostfixAdmin() {
        const auto connection = raw();
        // The collation that it uses on MariaDB, under which é is e.
        const std::string table =
            GetParam() == Engine::mariadb ? " DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci" : "";
        for (const std::string& sql :
             {"CREATE TABLE domain (domain VARCHAR(255) NOT NULL PRIMARY KEY, description VARCHAR(255) NOT NULL "
              "DEFAULT '',"
              " aliases INT NOT NULL DEFAULT 0, mailboxes INT NOT NULL DEFAULT 0, maxquota BIGINT NOT NULL DEFAULT 0,"
              " transport VARCHAR(255) NOT NULL DEFAULT 'virtual', backupmx TINYINT NOT NULL DEFAULT 0,"
              " active TINYINT NOT NULL DEFAULT 1)" +
                  table,
              "CREATE TABLE mailbox (username VARCHAR(255) NOT NULL PRIMARY KEY, password VARCHAR(255) NOT NULL,"
              " name VARCHAR(255) NOT NULL DEFAULT '', maildir VARCHAR(255) NOT NULL DEFAULT '', quota BIGINT NOT NULL"
              " DEFAULT 0, local_part VARCHAR(255) NOT NULL DEFAULT '', domain VARCHAR(255) NOT NULL DEFAULT '',"
              " active TINYINT NOT NULL DEFAULT 1)" +
                  table,
              "CREATE TABLE alias (address VARCHAR(255) NOT NULL PRIMARY KEY, goto TEXT NOT NULL, domain VARCHAR(255) "
              "NOT"
              " NULL DEFAULT '', active TINYINT NOT NULL DEFAULT 1)" +
                  table,
              "CREATE TABLE alias_domain (alias_domain VARCHAR(255) NOT NULL PRIMARY KEY, target_domain VARCHAR(255) "
              "NOT"
              " NULL, active TINYINT NOT NULL DEFAULT 1)" +
                  table,
              std::string("INSERT INTO domain (domain) VALUES ('ALL'), ('example.org'), ('example.net')"),
              std::string("INSERT INTO domain (domain, active) VALUES ('off.example', 0)"),
              std::string("INSERT INTO mailbox (username, password, quota, domain) VALUES"
                          " ('joe@example.org', '{PLAIN}secret', 5242880, 'example.org')"),
              std::string("INSERT INTO mailbox (username, password, domain, active) VALUES"
                          " ('ann@example.org', '{PLAIN}secret', 'example.org', 0)"),
              std::string("INSERT INTO alias (address, goto) VALUES ('joe@example.org', 'joe@example.org'),"
                          " ('ann@example.org', 'ann@example.org'),"
                          " ('team@example.org', 'joe@example.org,ann@example.org, bob@elsewhere.example'),"
                          " ('@off.example', 'joe@example.org')"),
              std::string(
                  "INSERT INTO alias_domain (alias_domain, target_domain) VALUES ('example.net', 'example.org')")})
            EXPECT_TRUE(connection->execute(sql)) << sql;
        config::Config config;
        config.directory.tables = "foreign";
        config.directory.domain_query =
            "SELECT domain FROM domain WHERE domain='%s' AND backupmx = '0' AND active = '1'";
        config.directory.user_query =
            "SELECT username AS user, password, quota AS quota_bytes, active FROM mailbox WHERE username = '%u'";
        config.directory.alias_query = "SELECT goto FROM alias WHERE address='%s' AND active = '1'";
        config.directory.domain_alias_query =
            "SELECT target_domain FROM alias_domain WHERE alias_domain = '%d' AND active = '1'";
        config.directory.sender_query = "SELECT goto FROM alias WHERE address = '%s' AND active = '1'";
        config.directory.users_query = "SELECT username AS user, password, active FROM mailbox ORDER BY username";
        const Result<LookupQueries> queries = configured_queries(config);
        EXPECT_TRUE(queries);
        settings().directory.tables = Tables::foreign;
        settings().directory.queries = *queries;
        Result<std::unique_ptr<Directory>> opened = open_directory(settings());
        EXPECT_TRUE(opened) << opened.error().message();
        directory_ = std::move(*opened);
    }
    std::string map(const std::string& name, const std::string& key) {
        return sasl::encode(answer(*directory_, {name, key}, {}));
    }
    std::unique_ptr<Directory> directory_;
};

TEST_P(PostfixAdmin, ItsTablesServeAsTheyAre) {
    EXPECT_TRUE(*directory_->has_domain("example.org"));
    EXPECT_FALSE(*directory_->has_domain("off.example"));
    const auto user = directory_->find_user("joe@example.org");
    ASSERT_TRUE(user && *user);
    EXPECT_EQ((*user)->email, "joe@example.org");
    EXPECT_EQ((*user)->password, "{PLAIN}secret");
    EXPECT_EQ((*user)->quota_mb, 5);
    EXPECT_TRUE((*user)->enabled);
    EXPECT_FALSE((*directory_->find_user("ann@example.org"))->enabled);
    EXPECT_EQ(directory_->users({})->size(), 2u);
    EXPECT_EQ(*directory_->alias_destinations("team@example.org", 10),
              (std::vector<std::string>{"joe@example.org", "ann@example.org", "bob@elsewhere.example"}));
    EXPECT_FALSE(*directory_->responsible_user("example.org"));
}

TEST_P(PostfixAdmin, AddressesAreResolvedThroughAliasesAndAliasDomains) {
    EXPECT_EQ(map("resolve", "joe+x@example.org"), sasl::encode_netstring("OK local\tjoe@example.org\tx\t\t\tquota\n"));
    EXPECT_EQ(map("resolve", "Team@example.net"),
              sasl::encode_netstring(
                  "OK local\tjoe@example.org\t\t\t\tquota\nlocal\tann@example.org\nremote\tbob@elsewhere.example\n"));
    EXPECT_EQ(map("resolve", "nobody@example.net"), "9:NOTFOUND ,");
    EXPECT_EQ(map("sender", "team@example.org"),
              sasl::encode_netstring("OK joe@example.org, ann@example.org, bob@elsewhere.example"));
    EXPECT_EQ(map("alias", "@example.net"), sasl::encode_netstring("OK @example.org"));
}

TEST_P(PostfixAdmin, WhatACollationTakesForTheSameIsAnotherUser) {
    const auto user = directory_->find_user("jo\xC3\xA9@example.org");
    ASSERT_TRUE(user);
    EXPECT_FALSE(*user);
    EXPECT_FALSE(*directory_->find_user("joe'@example.org"));
    EXPECT_FALSE(*directory_->find_user("' OR '1'='1"));
}

TEST_P(PostfixAdmin, ServicesComeFromAColumnOfThatName) {
    settings().directory.queries.user = *config::LookupQuery::parse(
        "SELECT username AS user, password, 'imap,sieve' AS services FROM mailbox WHERE username = '%u'");
    const auto user = (*open_directory(settings()))->find_user("joe@example.org");
    ASSERT_TRUE(user && *user);
    EXPECT_TRUE((*user)->services.allow("sieve"));
    EXPECT_FALSE((*user)->services.allow("smtp"));
    EXPECT_TRUE((*directory_->find_user("joe@example.org"))->services.all()) << "no such column";
}

TEST_P(PostfixAdmin, AppPasswordsComeFromAQueryIfThereIsOne) {
    EXPECT_TRUE(directory_->find_app_passwords("joe@example.org", 10)->empty());
    settings().directory.queries.app_passwords = *config::LookupQuery::parse(
        "SELECT 'Phone' AS name, password, 'imap' AS Scope FROM mailbox WHERE username = '%u'");
    const auto found = (*open_directory(settings()))->find_app_passwords("joe@example.org", 10);
    ASSERT_TRUE(found && found->size() == 1);
    EXPECT_EQ((*found)[0].password, "{PLAIN}secret");
    EXPECT_EQ((*found)[0].scope.text(), "imap");
    EXPECT_FALSE((*found)[0].expires_at);
    settings().directory.queries.app_passwords =
        *config::LookupQuery::parse("SELECT username FROM mailbox WHERE username = '%u'");
    EXPECT_EQ((*open_directory(settings()))->find_app_passwords("joe@example.org", 10).error().code,
              ErrorCode::internal);
}

TEST_P(PostfixAdmin, NothingIsWritten) {
    EXPECT_EQ(directory_->add_domain("example.com").error().code, ErrorCode::unsupported);
    EXPECT_EQ(directory_->set_password("joe@example.org", "x").error().code, ErrorCode::unsupported);
    EXPECT_EQ(directory_->set_services("joe@example.org", {}).error().code, ErrorCode::unsupported);
    EXPECT_EQ(directory_->domains().error().code, ErrorCode::unsupported);
    EXPECT_EQ(directory_->send_as_grants().add("joe@example.org", "x@example.org").error().code,
              ErrorCode::unsupported);
    EXPECT_EQ(Transaction::writing(*directory_).error().code, ErrorCode::unsupported);
}

TEST_P(PostfixAdmin, AQueryThatTheDatabaseDoesNotTakeIsNoMissingUser) {
    settings().directory.queries.user =
        *config::LookupQuery::parse("SELECT passwort FROM mailbox WHERE username = '%u'");
    settings().directory.queries.domain = *config::LookupQuery::parse("SELEKT 1");
    const auto directory = std::move(*open_directory(settings()));
    EXPECT_FALSE(directory->find_user("joe@example.org"));
    EXPECT_FALSE(directory->has_domain("example.org"));
    settings().directory.queries.user =
        *config::LookupQuery::parse("SELECT username FROM mailbox WHERE username = '%u'");
    EXPECT_EQ((*open_directory(settings()))->find_user("joe@example.org").error().code, ErrorCode::internal);
}

INSTANTIATE_TEST_SUITE_P(Sqlite, PostfixAdmin, testing::Values(Engine::sqlite));
INSTANTIATE_TEST_SUITE_P(Mariadb, PostfixAdmin, testing::Values(Engine::mariadb));

}  // namespace
}  // namespace posthouse::auth
