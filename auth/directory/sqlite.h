// A connection to an SQLite database and its prepared statements.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace posthouse::auth {

/// A prepared statement in use: bound, stepped, and reset when this goes.
class Statement {
  public:
    Statement(sqlite3* connection, sqlite3_stmt* statement) : connection_(connection), statement_(statement) {}
    Statement(Statement&& other) noexcept;
    Statement& operator=(Statement&&) = delete;
    ~Statement();

    /// Binds the next parameter.
    Statement& bind(std::string_view text);
    Statement& bind(std::int64_t number);
    /// true: there is a row; false: no more.
    Result<bool> step();
    /// Steps a statement that gives no rows; how many rows it changed.
    Result<std::int64_t> run();
    std::int64_t number(int column) const;
    std::string text(int column) const;
    bool is_null(int column) const;

  private:
    sqlite3* connection_;
    sqlite3_stmt* statement_;
    int bound_ = 0;
    int bind_status_ = 0;
};

/// One connection; used by one thread at a time.
class SqliteConnection {
  public:
    enum class Open { existing, create };
    /// Errors: unavailable (with the reason in the detail).
    static Result<SqliteConnection> open(const std::string& path, Open how, std::int64_t busy_timeout_ms);

    /// Statements are prepared once and kept. `sql` must be a constant.
    Result<Statement> prepare(const char* sql);
    /// Runs statements that have no parameters and no rows.
    Result<> execute(const char* sql);
    /// The one number that a query gives, such as a PRAGMA.
    Result<std::int64_t> query_number(const char* sql);

  private:
    struct Closer {
        void operator()(sqlite3* connection) const;
        void operator()(sqlite3_stmt* statement) const;
    };
    explicit SqliteConnection(sqlite3* connection) : connection_(connection) {}
    std::unique_ptr<sqlite3, Closer> connection_;
    std::map<const char*, std::unique_ptr<sqlite3_stmt, Closer>> statements_;
};

}  // namespace posthouse::auth
