// Tests of the directory in SQLite.
#include "auth/directory/sqlite_directory.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "auth/directory/dialect.h"
#include "auth/directory/schema.h"
#include "auth/directory/schema_steps.h"
#include "auth/directory/sqlite.h"
#include "tests/unit/daemon/fake_daemon.h"

namespace posthouse::auth {
namespace {

class SqliteDirectoryTest : public testing::Test {
  protected:
    std::unique_ptr<Directory> create() {
        Result<std::unique_ptr<Directory>> directory = create_sqlite_directory(settings_);
        EXPECT_TRUE(directory) << directory.error().message();
        return std::move(*directory);
    }
    std::unique_ptr<SqliteConnection> raw() {
        return std::move(*SqliteConnection::open(settings_.path, SqliteConnection::Open::create, 0));
    }
    daemon::TemporaryFolder folder_;
    SqliteSettings settings_{folder_.path() + "/directory.sqlite", 0};
};

NewUser joe() { return {"joe@example.org", "{PLAIN}secret", 100, true, false}; }

TEST_F(SqliteDirectoryTest, UsersAreFoundAsTheyWereAdded) {
    const auto directory = create();
    ASSERT_TRUE(directory->add_domain("example.org"));
    ASSERT_TRUE(directory->add_user(joe()));
    const auto user = directory->find_user("joe@example.org");
    ASSERT_TRUE(user && *user);
    EXPECT_EQ((*user)->password, "{PLAIN}secret");
    EXPECT_EQ((*user)->quota_mb, 100);
    EXPECT_TRUE((*user)->enabled);
    EXPECT_FALSE((*user)->usage_mb);
    EXPECT_FALSE(*directory->find_user("ann@example.org"));
    EXPECT_TRUE(*directory->has_domain("example.org"));
    EXPECT_FALSE(*directory->has_domain("example.net"));
}

TEST_F(SqliteDirectoryTest, EachFailureHasItsCode) {
    const auto directory = create();
    ASSERT_TRUE(directory->add_domain("example.org"));
    ASSERT_TRUE(directory->add_user(joe()));
    ASSERT_TRUE(directory->add_alias("info@example.org", "joe@example.org"));
    EXPECT_EQ(directory->add_domain("example.org").error().code, ErrorCode::exists);
    EXPECT_EQ(directory->add_user(joe()).error().code, ErrorCode::exists);
    EXPECT_EQ(directory->add_user({"x@example.net", "h", 0, true, false}).error().code, ErrorCode::not_found);
    EXPECT_EQ(directory->add_alias("info@example.org", "joe@example.org").error().code, ErrorCode::exists);
    EXPECT_EQ(directory->add_alias("info@example.net", "joe@example.org").error().code, ErrorCode::not_found);
    EXPECT_EQ(directory->remove_alias("info@example.org", "ann@example.org").error().code, ErrorCode::not_found);
    EXPECT_EQ(directory->remove_user("ann@example.org").error().code, ErrorCode::not_found);
    EXPECT_EQ(directory->set_password("ann@example.org", "h").error().code, ErrorCode::not_found);
    EXPECT_EQ(directory->set_enabled("ann@example.org", false).error().code, ErrorCode::not_found);
    EXPECT_EQ(directory->set_usage("ann@example.org", 1).error().code, ErrorCode::not_found);
    EXPECT_EQ(directory->remove_domain("example.net").error().code, ErrorCode::not_found);
}

TEST_F(SqliteDirectoryTest, ChangesAreSeenByOtherConnectionsAtOnce) {
    const auto writer = create();
    const auto reader = std::move(*open_sqlite_directory(settings_));
    EXPECT_FALSE(*reader->has_domain("example.org"));
    ASSERT_TRUE(writer->add_domain("example.org"));
    EXPECT_TRUE(*reader->has_domain("example.org"));
    ASSERT_TRUE(writer->add_user(joe()));
    ASSERT_TRUE(writer->set_enabled("joe@example.org", false));
    ASSERT_TRUE(writer->set_password("joe@example.org", "{PLAIN}other"));
    ASSERT_TRUE(writer->set_usage("joe@example.org", 42));
    ASSERT_TRUE(writer->set_usage("joe@example.org", 43));
    const auto user = reader->find_user("joe@example.org");
    EXPECT_FALSE((*user)->enabled);
    EXPECT_EQ((*user)->password, "{PLAIN}other");
    EXPECT_EQ((*user)->usage_mb, 43);
}

TEST_F(SqliteDirectoryTest, RemovingADomainTakesItsUsersAliasesAndUsageAlong) {
    const auto directory = create();
    ASSERT_TRUE(directory->add_domain("example.org"));
    ASSERT_TRUE(directory->add_user(joe()));
    ASSERT_TRUE(directory->set_usage("joe@example.org", 42));
    ASSERT_TRUE(directory->add_alias("info@example.org", "joe@example.org"));
    ASSERT_TRUE(directory->remove_domain("example.org"));
    EXPECT_TRUE(directory->users({})->empty());
    EXPECT_TRUE(directory->aliases({})->empty());
    const auto connection = raw();
    EXPECT_EQ(connection->query_number("SELECT count(*) FROM mailbox_usage"), 0);
}

TEST_F(SqliteDirectoryTest, ListsAreSortedAndKeptToTheDomain) {
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

TEST_F(SqliteDirectoryTest, RemovingAnAliasCanTakeOneDestinationOrAll) {
    const auto directory = create();
    ASSERT_TRUE(directory->add_domain("example.org"));
    for (const char* to : {"a@x.example", "b@x.example", "c@x.example"})
        ASSERT_TRUE(directory->add_alias("info@example.org", to));
    ASSERT_TRUE(directory->remove_alias("info@example.org", "b@x.example"));
    EXPECT_EQ(directory->aliases({})->size(), 2u);
    ASSERT_TRUE(directory->remove_alias("info@example.org", {}));
    EXPECT_TRUE(directory->aliases({})->empty());
}

TEST_F(SqliteDirectoryTest, ATransactionThatIsNotCommittedLeavesNothing) {
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

TEST_F(SqliteDirectoryTest, ReadersGoOnWhileSomebodyWritesAndASecondWriterIsToldToComeBack) {
    const auto writer = create();
    ASSERT_TRUE(writer->add_domain("example.org"));
    const auto other = std::move(*open_sqlite_directory(settings_));
    Result<Transaction> transaction = Transaction::writing(*writer);
    ASSERT_TRUE(writer->add_domain("example.net"));
    EXPECT_TRUE(*other->has_domain("example.org"));
    EXPECT_FALSE(*other->has_domain("example.net"));
    EXPECT_EQ(other->add_domain("example.com").error().code, ErrorCode::unavailable);
    ASSERT_TRUE(transaction->commit());
    EXPECT_TRUE(other->add_domain("example.com"));
}

TEST_F(SqliteDirectoryTest, AReadingTransactionSeesOneState) {
    const auto writer = create();
    const auto reader = std::move(*open_sqlite_directory(settings_));
    const Result<Transaction> snapshot = Transaction::reading(*reader);
    EXPECT_FALSE(*reader->has_domain("example.org"));
    ASSERT_TRUE(writer->add_domain("example.org"));
    EXPECT_FALSE(*reader->has_domain("example.org"));
}

TEST_F(SqliteDirectoryTest, TheOldestAdministratorIsResponsible) {
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

TEST_F(SqliteDirectoryTest, TheFileIsForItsOwnerOnly) {
    create();
    struct stat status{};
    ASSERT_EQ(::stat(settings_.path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600u);
    EXPECT_EQ(raw()->query_number("SELECT count(*) FROM pragma_journal_mode WHERE journal_mode = 'wal'"), 1);
}

TEST_F(SqliteDirectoryTest, AMissingDatabaseIsUnavailableNotEmpty) {
    EXPECT_EQ(open_sqlite_directory(settings_).error().code, ErrorCode::unavailable);
    EXPECT_FALSE(std::filesystem::exists(settings_.path));
}

TEST_F(SqliteDirectoryTest, ADamagedDatabaseIsUnavailable) {
    std::ofstream(settings_.path) << std::string(8192, 'x');
    EXPECT_EQ(open_sqlite_directory(settings_).error().code, ErrorCode::unavailable);
    EXPECT_EQ(create_sqlite_directory(settings_).error().code, ErrorCode::unavailable);
}

TEST_F(SqliteDirectoryTest, ANewerSchemaIsRefused) {
    create();
    ASSERT_TRUE(raw()->execute("PRAGMA user_version = 1000"));
    EXPECT_EQ(open_sqlite_directory(settings_).error().code, ErrorCode::unsupported);
    const auto created = create_sqlite_directory(settings_);
    EXPECT_EQ(created.error().code, ErrorCode::unsupported);
    EXPECT_NE(created.error().text.find("1000"), std::string::npos);
}

TEST_F(SqliteDirectoryTest, ForeignTablesAreNotTouched) {
    ASSERT_TRUE(raw()->execute("CREATE TABLE songs (id INTEGER)"));
    EXPECT_EQ(create_sqlite_directory(settings_).error().code, ErrorCode::unsupported);
    EXPECT_EQ(raw()->query_number("SELECT count(*) FROM sqlite_master"), 1);
}

TEST_F(SqliteDirectoryTest, CreatingTwiceKeepsWhatIsThere) {
    ASSERT_TRUE(create()->add_domain("example.org"));
    EXPECT_TRUE(*create()->has_domain("example.org"));
    EXPECT_EQ(raw()->query_number("PRAGMA user_version"), schema_version());
}

TEST_F(SqliteDirectoryTest, AnEmptyDatabaseHasNoTablesYet) {
    ASSERT_TRUE(raw());
    EXPECT_EQ(open_sqlite_directory(settings_).error().code, ErrorCode::not_found);
}

TEST_F(SqliteDirectoryTest, AnOlderSchemaIsMigratedWithWhatIsInIt) {
    for (const std::string_view statement : schema_steps()[0])
        ASSERT_TRUE(raw()->execute(in_dialect(Engine::sqlite, statement)));
    ASSERT_TRUE(raw()->execute("INSERT INTO virtual_domains (name) VALUES ('example.org'); PRAGMA user_version = 1"));
    const auto refused = open_sqlite_directory(settings_);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::unsupported);
    EXPECT_NE(refused.error().text.find("posthouse db migrate"), std::string::npos);
    const auto directory = create();
    EXPECT_TRUE(*directory->has_domain("example.org"));
    EXPECT_EQ(raw()->query_number("SELECT count(*) FROM tenants"), 0);
    EXPECT_TRUE(open_sqlite_directory(settings_));
}

TEST_F(SqliteDirectoryTest, AMigrationThatFailsLeavesTheOldSchema) {
    for (const std::string_view statement : schema_steps()[0])
        ASSERT_TRUE(raw()->execute(in_dialect(Engine::sqlite, statement)));
    // In the way of the second step's last table.
    ASSERT_TRUE(raw()->execute("CREATE TABLE audit_log (id INTEGER); PRAGMA user_version = 1"));
    EXPECT_FALSE(create_sqlite_directory(settings_));
    EXPECT_EQ(raw()->query_number("SELECT count(*) FROM sqlite_master WHERE name = 'tenants'"), 0);
    EXPECT_EQ(raw()->query_number("PRAGMA user_version"), 1);
}

TEST_F(SqliteDirectoryTest, AuditEntriesAreListedLatestFirst) {
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

TEST_F(SqliteDirectoryTest, TextCannotBecomeSql) {
    const auto directory = create();
    ASSERT_TRUE(directory->add_domain("example.org"));
    EXPECT_FALSE(*directory->find_user("' OR 1=1 --"));
    EXPECT_EQ(directory->remove_domain("x'; DROP TABLE virtual_domains; --").error().code, ErrorCode::not_found);
    EXPECT_TRUE(*directory->has_domain("example.org"));
}

}  // namespace
}  // namespace posthouse::auth
