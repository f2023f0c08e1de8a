// EngineTest: a test that runs with a database of every engine.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>

#include "auth/directory/database.h"
#include "auth/directory/dialect.h"
#include "auth/directory/schema_steps.h"
#include "auth/directory/sqlite.h"
#include "tests/unit/auth/running_mariadb.h"

namespace posthouse::auth {

/// Each test has an empty database. Instances are named Sqlite and Mariadb; CTest runs the latter in one process.
class EngineTest : public testing::TestWithParam<Engine> {
  protected:
    EngineTest() {
        if (GetParam() == Engine::mariadb)
            settings_ = RunningMariadb::shared().make_database();
        else
            settings_.sqlite = {folder_.path() + "/directory.sqlite", 0};
    }
    DatabaseSettings& settings() { return settings_; }
    /// The directory, made if it is missing.
    std::unique_ptr<Directory> create() {
        if (const Result<SchemaStatus> status = schema_status(settings()); status && status->version == 0)
            EXPECT_TRUE(init_database(settings()));
        return open();
    }
    std::unique_ptr<Directory> open() {
        Result<std::unique_ptr<Directory>> directory = open_directory(settings());
        EXPECT_TRUE(directory) << directory.error().message();
        return directory ? std::move(*directory) : nullptr;
    }
    /// A connection that knows nothing of the schema; an SQLite file is made.
    std::unique_ptr<Connection> raw() {
        Result<std::unique_ptr<Connection>> connection = connect();
        if (!connection) std::abort();
        return std::move(*connection);
    }
    void set_version(int version) {
        const std::string number = std::to_string(version);
        const Result<> set = GetParam() == Engine::sqlite
                                 ? raw()->execute("PRAGMA user_version = " + number)
                                 : raw()->execute("REPLACE INTO posthouse_schema VALUES (1, " + number + ")");
        ASSERT_TRUE(set);
    }
    /// The schema as the first version had it.
    void make_first_version() {
        const auto connection = raw();
        if (GetParam() == Engine::mariadb)
            ASSERT_TRUE(
                connection->execute("CREATE TABLE posthouse_schema (id BIGINT PRIMARY KEY, version BIGINT NOT NULL)"));
        for (const std::string_view statement : schema_steps()[0])
            ASSERT_TRUE(connection->execute(in_dialect(GetParam(), statement)));
        set_version(1);
    }

  private:
    Result<std::unique_ptr<Connection>> connect() {
        if (GetParam() == Engine::mariadb)
            return MariadbConnection::open(settings_.mariadb, settings_.mariadb.hosts[0]);
        return SqliteConnection::open(settings_.sqlite.path, SqliteConnection::Open::create, 0);
    }
    TemporaryFolder folder_;
    DatabaseSettings settings_;
};

/// A user to begin with.
inline NewUser joe() { return {"joe@example.org", "{PLAIN}secret", 100, true, false}; }

}  // namespace posthouse::auth
