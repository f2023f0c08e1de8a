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
    TemporaryFolder folder_;
    SqliteSettings settings_{folder_.path() + "/directory.sqlite", 0};
};

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

TEST_F(SqliteDirectoryTest, OpeningToWriteMakesTheDatabaseAndMigratesIt) {
    ASSERT_TRUE(create()->add_domain("example.org"));
    EXPECT_TRUE(*create()->has_domain("example.org"));
    EXPECT_EQ(raw()->query_number("PRAGMA user_version"), schema_version());
}

TEST_F(SqliteDirectoryTest, UsageThatWasNotedInMegabytesIsKept) {
    for (int step = 0; step < 2; ++step)
        for (const std::string_view statement : schema_steps()[static_cast<std::size_t>(step)])
            ASSERT_TRUE(raw()->execute(in_dialect(Engine::sqlite, statement)));
    ASSERT_TRUE(raw()->execute(
        "INSERT INTO virtual_domains (id, name) VALUES (1, 'example.org');"
        "INSERT INTO virtual_users (domain_id, email, password, quota_mb) VALUES (1, 'joe@example.org', 'h', 9);"
        "INSERT INTO mailbox_usage VALUES ('joe@example.org', 3, 1); PRAGMA user_version = 2"));
    {
        // Somebody who was cut off in the middle.
        const auto half = raw();
        ASSERT_TRUE(half->execute("BEGIN IMMEDIATE"));
        ASSERT_TRUE(half->execute("ALTER TABLE mailbox_usage ADD COLUMN usage_bytes INTEGER NOT NULL DEFAULT 0"));
    }
    const auto user = *create()->find_user("joe@example.org");
    ASSERT_TRUE(user);
    EXPECT_EQ(user->quota_mb, 9);
    EXPECT_EQ(user->usage->bytes, 3 << 20);
    EXPECT_EQ(user->usage->messages, 0);
    // A step that ran twice, as it may elsewhere, does no harm.
    ASSERT_TRUE(create()->set_usage("joe@example.org", 5, 1));
    ASSERT_TRUE(raw()->execute(std::string(schema_steps()[2].back())));
    EXPECT_EQ((*create()->find_user("joe@example.org"))->usage->bytes, 5);
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

}  // namespace
}  // namespace posthouse::auth
