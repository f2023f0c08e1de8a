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
