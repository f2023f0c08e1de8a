// A connection to an SQLite database.
#include "auth/directory/sqlite.h"

#include <sqlite3.h>

#include "lib/base/log.h"

namespace posthouse::auth {
namespace {

std::unexpected<Error> failure(sqlite3* connection, int status, std::string_view what) {
    const std::string detail =
        std::string(what) + ": " + (connection != nullptr ? sqlite3_errmsg(connection) : sqlite3_errstr(status));
    switch (status & 0xFF) {
        case SQLITE_FULL: return fail(ErrorCode::no_space, "Insufficient disk space", detail);
        case SQLITE_CONSTRAINT: return fail(ErrorCode::exists, "Already exists", detail);
        case SQLITE_MISUSE:
        case SQLITE_RANGE: return fail(ErrorCode::internal, "Directory failed", detail);
        case SQLITE_BUSY:
        case SQLITE_LOCKED: return fail(ErrorCode::unavailable, "Directory is busy", detail);
        case SQLITE_READONLY: return fail(ErrorCode::unavailable, "Directory is read-only", detail);
        default: return fail(ErrorCode::unavailable, "Directory is unavailable", detail);
    }
}

class SqliteStatement final : public PreparedStatement {
  public:
    SqliteStatement(sqlite3* connection, sqlite3_stmt* statement) : connection_(connection), statement_(statement) {}
    SqliteStatement(const SqliteStatement&) = delete;
    SqliteStatement& operator=(const SqliteStatement&) = delete;
    ~SqliteStatement() override { sqlite3_finalize(statement_); }

    void bind(std::size_t parameter, std::string_view text) override {
        const char* data = text.data() == nullptr ? "" : text.data();
        note(sqlite3_bind_text64(statement_, place(parameter), data, text.size(), SQLITE_STATIC, SQLITE_UTF8));
    }
    void bind(std::size_t parameter, std::int64_t number) override {
        note(sqlite3_bind_int64(statement_, place(parameter), number));
    }
    void bind_null(std::size_t parameter) override { note(sqlite3_bind_null(statement_, place(parameter))); }

    Result<bool> step() override {
        if (bind_status_ != SQLITE_OK) return failure(connection_, bind_status_, sqlite3_sql(statement_));
        const int status = sqlite3_step(statement_);
        if (status == SQLITE_ROW) return true;
        if (status == SQLITE_DONE) return false;
        return failure(connection_, sqlite3_extended_errcode(connection_), sqlite3_sql(statement_));
    }
    std::int64_t changed() const override { return sqlite3_changes64(connection_); }
    std::size_t columns() const override { return static_cast<std::size_t>(sqlite3_column_count(statement_)); }
    std::string column_name(std::size_t column) const override {
        const char* name = sqlite3_column_name(statement_, static_cast<int>(column));
        return name == nullptr ? std::string() : std::string(name);
    }
    std::int64_t number(std::size_t column) const override {
        return sqlite3_column_int64(statement_, static_cast<int>(column));
    }
    std::string text(std::size_t column) const override {
        const auto* data = sqlite3_column_text(statement_, static_cast<int>(column));
        if (data == nullptr) return {};
        const int size = sqlite3_column_bytes(statement_, static_cast<int>(column));
        return {reinterpret_cast<const char*>(data), static_cast<std::size_t>(size)};
    }
    bool is_null(std::size_t column) const override {
        return sqlite3_column_type(statement_, static_cast<int>(column)) == SQLITE_NULL;
    }
    void reset() override {
        sqlite3_reset(statement_);
        sqlite3_clear_bindings(statement_);
        bind_status_ = SQLITE_OK;
    }

  private:
    static int place(std::size_t parameter) { return static_cast<int>(parameter) + 1; }
    void note(int status) {
        if (bind_status_ == SQLITE_OK) bind_status_ = status;
    }
    sqlite3* connection_;
    sqlite3_stmt* statement_;
    int bind_status_ = SQLITE_OK;
};

}  // namespace

SqliteConnection::~SqliteConnection() {
    forget_statements();
    sqlite3_close_v2(connection_);
}

Result<std::unique_ptr<SqliteConnection>> SqliteConnection::open(const std::string& path, Open how,
                                                                 std::int64_t busy_timeout_ms) {
    sqlite3* raw = nullptr;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    if (how == Open::create) flags |= SQLITE_OPEN_CREATE;
    const int status = sqlite3_open_v2(path.c_str(), &raw, flags, nullptr);
    std::unique_ptr<SqliteConnection> connection(new SqliteConnection(raw));
    if (status != SQLITE_OK) return failure(raw, status, "open " + path);
    sqlite3_busy_timeout(raw, static_cast<int>(busy_timeout_ms));
    if (const Result<> set = connection->execute("PRAGMA foreign_keys = ON"); !set) return fail(set.error());
    return connection;
}

Result<std::unique_ptr<PreparedStatement>> SqliteConnection::compile(const std::string& sql) {
    sqlite3_stmt* raw = nullptr;
    const char* rest = nullptr;
    const int status = sqlite3_prepare_v3(connection_, sql.data(), static_cast<int>(sql.size()) + 1,
                                          SQLITE_PREPARE_PERSISTENT, &raw, &rest);
    if (status != SQLITE_OK) return failure(connection_, status, sql);
    std::unique_ptr<PreparedStatement> statement = std::make_unique<SqliteStatement>(connection_, raw);
    if (raw == nullptr || (rest != nullptr && *rest != '\0'))
        return fail(ErrorCode::internal, "Directory failed", "not one statement: " + sql);
    return statement;
}

Result<> SqliteConnection::execute(const std::string& sql) {
    const int status = sqlite3_exec(connection_, sql.c_str(), nullptr, nullptr, nullptr);
    if (status != SQLITE_OK) return failure(connection_, status, sql);
    return {};
}

// A reader takes its snapshot at the first statement; a writer takes its lock now.
Result<> SqliteConnection::begin(bool write) { return execute(write ? "BEGIN IMMEDIATE" : "BEGIN"); }

Result<> SqliteConnection::commit() { return execute("COMMIT"); }

void SqliteConnection::rollback() {
    // SQLite rolls back by itself when a commit failed for good.
    if (const Result<> undone = execute("ROLLBACK"); !undone)
        log::debug("nothing to roll back", {{"reason", undone.error().message()}});
}

}  // namespace posthouse::auth
