// SQLite, as the index of the story uses it.
#include "historyd/database.h"

#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace posthouse::history {
namespace {

constexpr int busy_timeout_ms = 5000;

std::unexpected<Error> failure(sqlite3* connection, int status, std::string_view what) {
    const std::string detail =
        std::string(what) + ": " + (connection != nullptr ? sqlite3_errmsg(connection) : sqlite3_errstr(status));
    switch (status & 0xFF) {
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
        case SQLITE_FORMAT: return fail(ErrorCode::invalid, "The database is damaged", detail);
        case SQLITE_FULL: return fail(ErrorCode::no_space, "Insufficient disk space", detail);
        case SQLITE_BUSY:
        case SQLITE_LOCKED: return fail(ErrorCode::busy, "The database is busy", detail);
        case SQLITE_PERM:
        case SQLITE_AUTH:
        case SQLITE_READONLY: return fail(ErrorCode::denied, "The database may not be opened", detail);
        case SQLITE_CANTOPEN: return fail(ErrorCode::io, "The database cannot be opened", detail);
        // What should be there isn't: a table, a column.
        case SQLITE_ERROR: return fail(ErrorCode::invalid, "The database is not as it should be", detail);
        default: return fail(ErrorCode::io, "The database failed", detail);
    }
}

}  // namespace

Statement::Statement(Statement&& other) noexcept
    : connection_(other.connection_),
      statement_(std::exchange(other.statement_, nullptr)),
      bound_(other.bound_),
      failed_(other.failed_) {}

Statement::~Statement() {
    if (statement_ == nullptr) return;
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
}

Statement& Statement::bind(std::int64_t number) {
    if (const int status = sqlite3_bind_int64(statement_, ++bound_, number); status != SQLITE_OK) failed_ = status;
    return *this;
}

Statement& Statement::bind(std::string_view text) {
    const char* data = text.data() == nullptr ? "" : text.data();
    const int status = sqlite3_bind_text64(statement_, ++bound_, data, text.size(), SQLITE_STATIC, SQLITE_UTF8);
    if (status != SQLITE_OK) failed_ = status;
    return *this;
}

Result<bool> Statement::step() {
    const int status = failed_ != SQLITE_OK ? failed_ : sqlite3_step(statement_);
    if (status == SQLITE_ROW) return true;
    if (status == SQLITE_DONE) return false;
    return failure(connection_, status, sqlite3_sql(statement_));
}

std::int64_t Statement::number(int column) const { return sqlite3_column_int64(statement_, column); }

std::string Statement::text(int column) const {
    const auto* const data = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
    const int size = sqlite3_column_bytes(statement_, column);
    return data == nullptr ? std::string() : std::string(data, static_cast<std::size_t>(size));
}

bool Statement::is_null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }

Result<Database> Database::open(const std::string& path, Open how) {
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_NOFOLLOW;
    flags |= how == Open::read ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
    if (how == Open::create) flags |= SQLITE_OPEN_CREATE;
    sqlite3* raw = nullptr;
    const int status = sqlite3_open_v2(path.c_str(), &raw, flags, nullptr);
    Database database(raw);
    if (status != SQLITE_OK && ::access(path.c_str(), R_OK) != 0) return fail_errno("open " + path, errno);
    if (status != SQLITE_OK) return failure(raw, status, "open " + path);
    sqlite3_busy_timeout(raw, busy_timeout_ms);
    return database;
}

Database::Database(Database&& other) noexcept
    : connection_(std::exchange(other.connection_, nullptr)), statements_(std::exchange(other.statements_, {})) {}

Database& Database::operator=(Database&& other) noexcept {
    if (this == &other) return *this;
    close();
    connection_ = std::exchange(other.connection_, nullptr);
    statements_ = std::exchange(other.statements_, {});
    return *this;
}

Database::~Database() { close(); }

void Database::close() {
    for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
    statements_.clear();
    sqlite3_close_v2(connection_);
    connection_ = nullptr;
}

Result<> Database::execute(const std::string& sql) {
    const int status = sqlite3_exec(connection_, sql.c_str(), nullptr, nullptr, nullptr);
    if (status != SQLITE_OK) return failure(connection_, status, sql);
    return {};
}

Result<Statement> Database::prepare(std::string_view sql) {
    auto found = statements_.find(sql);
    if (found == statements_.end()) {
        sqlite3_stmt* raw = nullptr;
        const int status = sqlite3_prepare_v3(connection_, sql.data(), static_cast<int>(sql.size()),
                                              SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
        if (status != SQLITE_OK) return failure(connection_, status, sql);
        found = statements_.emplace(sql, raw).first;
    }
    return Statement(connection_, found->second);
}

Result<std::int64_t> Database::number(std::string_view sql) {
    Result<Statement> statement = prepare(sql);
    if (!statement) return fail(statement.error());
    const Result<bool> row = statement->step();
    if (!row) return fail(row.error());
    return *row ? statement->number(0) : 0;
}

void Database::roll_back() {
    if (sqlite3_get_autocommit(connection_) == 0) sqlite3_exec(connection_, "ROLLBACK", nullptr, nullptr, nullptr);
}

}  // namespace posthouse::history
