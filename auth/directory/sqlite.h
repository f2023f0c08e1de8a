// A connection to an SQLite database.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "auth/directory/connection.h"

struct sqlite3;

namespace posthouse::auth {

class SqliteConnection final : public Connection {
  public:
    enum class Open { existing, create };
    /// Errors: unavailable (with the reason in the detail).
    static Result<std::unique_ptr<SqliteConnection>> open(const std::string& path, Open how,
                                                          std::int64_t busy_timeout_ms);
    SqliteConnection(const SqliteConnection&) = delete;
    SqliteConnection& operator=(const SqliteConnection&) = delete;
    ~SqliteConnection() override;

    Engine engine() const override { return Engine::sqlite; }
    /// Also several statements, separated by semicolons.
    Result<> execute(const std::string& sql) override;
    Result<> begin(bool write) override;
    Result<> commit() override;
    void rollback() override;

  private:
    explicit SqliteConnection(sqlite3* connection) : connection_(connection) {}
    Result<std::unique_ptr<PreparedStatement>> compile(const std::string& sql) override;
    sqlite3* connection_;
};

}  // namespace posthouse::auth
