// A connection to an SQLite database.
#include "auth/directory/sqlite.h"

#include <sqlite3.h>

#include <utility>

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
        default: return fail(ErrorCode::unavailable, "Directory is unavailable", detail);
    }
}

}  // namespace

Statement::Statement(Statement&& other) noexcept
    : connection_(other.connection_),
      statement_(std::exchange(other.statement_, nullptr)),
      bound_(other.bound_),
      bind_status_(other.bind_status_) {}

Statement::~Statement() {
    if (statement_ == nullptr) return;
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
}

Statement& Statement::bind(std::string_view text) {
    const char* data = text.data() == nullptr ? "" : text.data();
    const int status = sqlite3_bind_text64(statement_, ++bound_, data, text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
    if (bind_status_ == SQLITE_OK) bind_status_ = status;
    return *this;
}

Statement& Statement::bind(std::int64_t number) {
    const int status = sqlite3_bind_int64(statement_, ++bound_, number);
    if (bind_status_ == SQLITE_OK) bind_status_ = status;
    return *this;
}

Result<bool> Statement::step() {
    if (bind_status_ != SQLITE_OK) return failure(connection_, bind_status_, sqlite3_sql(statement_));
    const int status = sqlite3_step(statement_);
    if (status == SQLITE_ROW) return true;
    if (status == SQLITE_DONE) return false;
    return failure(connection_, sqlite3_extended_errcode(connection_), sqlite3_sql(statement_));
}

Result<std::int64_t> Statement::run() {
    const Result<bool> row = step();
    if (!row) return fail(row.error());
    return sqlite3_changes64(connection_);
}

std::int64_t Statement::number(int column) const { return sqlite3_column_int64(statement_, column); }

std::string Statement::text(int column) const {
    const auto* data = sqlite3_column_text(statement_, column);
    if (data == nullptr) return {};
    return {reinterpret_cast<const char*>(data), static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

bool Statement::is_null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }

void SqliteConnection::Closer::operator()(sqlite3* connection) const { sqlite3_close_v2(connection); }
void SqliteConnection::Closer::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

Result<SqliteConnection> SqliteConnection::open(const std::string& path, Open how, std::int64_t busy_timeout_ms) {
    sqlite3* raw = nullptr;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    if (how == Open::create) flags |= SQLITE_OPEN_CREATE;
    const int status = sqlite3_open_v2(path.c_str(), &raw, flags, nullptr);
    SqliteConnection connection(raw);
    if (status != SQLITE_OK) return failure(raw, status, "open " + path);
    sqlite3_busy_timeout(raw, static_cast<int>(busy_timeout_ms));
    if (const Result<> set = connection.execute("PRAGMA foreign_keys = ON"); !set) return fail(set.error());
    return connection;
}

Result<Statement> SqliteConnection::prepare(const char* sql) {
    auto& kept = statements_[sql];
    if (!kept) {
        sqlite3_stmt* raw = nullptr;
        const int status = sqlite3_prepare_v3(connection_.get(), sql, -1, SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
        if (status != SQLITE_OK) return failure(connection_.get(), status, sql);
        kept.reset(raw);
    }
    return Statement(connection_.get(), kept.get());
}

Result<> SqliteConnection::execute(const char* sql) {
    const int status = sqlite3_exec(connection_.get(), sql, nullptr, nullptr, nullptr);
    if (status != SQLITE_OK) return failure(connection_.get(), status, sql);
    return {};
}

Result<std::int64_t> SqliteConnection::query_number(const char* sql) {
    Result<Statement> statement = prepare(sql);
    if (!statement) return fail(statement.error());
    const Result<bool> row = statement->step();
    if (!row) return fail(row.error());
    return *row ? statement->number(0) : 0;
}

}  // namespace posthouse::auth
