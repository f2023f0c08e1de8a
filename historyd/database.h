// SQLite, as the index of the story uses it: what it can't do is told apart by what is to be done about it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "lib/base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace posthouse::history {

/// A prepared statement in use: bound from its first parameter on, stepped, and reset when this goes.
class Statement {
  public:
    Statement(sqlite3* connection, sqlite3_stmt* statement) : connection_(connection), statement_(statement) {}
    Statement(Statement&& other) noexcept;
    Statement& operator=(Statement&&) = delete;
    ~Statement();

    Statement& bind(std::int64_t number);
    /// The text must live until the last step.
    Statement& bind(std::string_view text);
    /// true: there is a row.
    Result<bool> step();
    std::int64_t number(int column) const;
    std::string text(int column) const;
    bool is_null(int column) const;

  private:
    sqlite3* connection_;
    sqlite3_stmt* statement_;
    int bound_ = 0;
    int failed_ = 0;
};

/// One connection, of one thread at a time. Errors: invalid: the file is damaged, or no database; no_space; not_found;
/// denied; busy; unsupported: of a later version; io: everything else.
class Database {
  public:
    enum class Open { read, write, create };
    static Result<Database> open(const std::string& path, Open how);
    Database(Database&&) noexcept;
    Database& operator=(Database&&) noexcept;
    ~Database();

    /// One or several statements without parameters.
    Result<> execute(const std::string& sql);
    /// `sql` is one of a few texts: it is prepared once.
    Result<Statement> prepare(std::string_view sql);
    /// Of the first row; 0 when there is none.
    Result<std::int64_t> number(std::string_view sql);
    /// Undoes what has begun, if there is something.
    void roll_back();

  private:
    explicit Database(sqlite3* connection) : connection_(connection) {}
    void close();

    sqlite3* connection_ = nullptr;
    std::map<std::string, sqlite3_stmt*, std::less<>> statements_;
};

}  // namespace posthouse::history
