// A connection to a MariaDB server.
#include "auth/directory/mariadb.h"

#include <errmsg.h>
#include <mysql.h>
#include <mysqld_error.h>

#include <algorithm>
#include <charconv>
#include <mutex>
#include <optional>

#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/config/address.h"

namespace posthouse::auth {
namespace {

constexpr std::size_t max_password_file = 4096;

/// Connector/C counts in whole seconds.
unsigned seconds_of(std::chrono::milliseconds time) {
    return static_cast<unsigned>(std::max<std::int64_t>(1, (time.count() + 999) / 1000));
}

/// What the connection cannot be used after.
bool ends_connection(unsigned number) {
    switch (number) {
        case ER_SERVER_SHUTDOWN:
        case ER_CONNECTION_KILLED: return true;
        default: return number >= CR_MIN_ERROR && number <= CR_MAX_ERROR && number != CR_NO_DATA;
    }
}

ErrorCode code_of(unsigned number) {
    switch (number) {
        case ER_DUP_ENTRY: return ErrorCode::exists;
        case ER_DISK_FULL:
        case ER_RECORD_FILE_FULL: return ErrorCode::no_space;
        case ER_PARSE_ERROR:
        case ER_BAD_FIELD_ERROR:
        case ER_WRONG_ARGUMENTS: return ErrorCode::internal;
        default: return ErrorCode::unavailable;
    }
}

std::string_view text_of(unsigned number, ErrorCode code) {
    switch (number) {
        case ER_LOCK_WAIT_TIMEOUT:
        case ER_LOCK_DEADLOCK: return "Directory is busy";
        case ER_OPTION_PREVENTS_STATEMENT:
        case ER_OPEN_AS_READONLY: return "Directory is read-only";
        default: break;
    }
    if (code == ErrorCode::exists) return "Already exists";
    if (code == ErrorCode::no_space) return "Insufficient disk space";
    return code == ErrorCode::internal ? "Directory failed" : "Directory is unavailable";
}

}  // namespace

std::unexpected<Error> MariadbConnection::failure(unsigned number, const char* message, std::string_view what) {
    if (ends_connection(number)) lost_ = true;
    const ErrorCode code = code_of(number);
    return fail(code, std::string(text_of(number, code)),
                std::string(what) + ": " + message + " (" + std::to_string(number) + ")");
}

/// Parameters are sent as they were bound; columns come as text. A result is fetched whole when it is executed, so that
/// the connection is free again.
class MariadbStatement final : public PreparedStatement {
  public:
    MariadbStatement(MariadbConnection& connection, MYSQL_STMT* statement, std::string sql)
        : connection_(connection), statement_(statement), sql_(std::move(sql)) {
        parameters_.resize(mysql_stmt_param_count(statement_));
        values_.resize(parameters_.size());
        if (MYSQL_RES* fields = mysql_stmt_result_metadata(statement_); fields != nullptr) {
            for (unsigned i = 0; i < mysql_num_fields(fields); ++i)
                names_.emplace_back(mysql_fetch_field_direct(fields, i)->name);
            mysql_free_result(fields);
        }
        row_.resize(names_.size());
    }
    MariadbStatement(const MariadbStatement&) = delete;
    MariadbStatement& operator=(const MariadbStatement&) = delete;
    ~MariadbStatement() override { mysql_stmt_close(statement_); }

    void bind(std::size_t parameter, std::string_view text) override {
        if (parameter >= parameters_.size()) return;
        MYSQL_BIND& place = parameters_[parameter];
        place = {};
        place.buffer_type = MYSQL_TYPE_STRING;
        place.buffer = const_cast<char*>(text.data() == nullptr ? "" : text.data());
        place.buffer_length = text.size();
        ++bound_;
    }
    void bind(std::size_t parameter, std::int64_t number) override {
        if (parameter >= parameters_.size()) return;
        values_[parameter] = number;
        MYSQL_BIND& place = parameters_[parameter];
        place = {};
        place.buffer_type = MYSQL_TYPE_LONGLONG;
        place.buffer = &values_[parameter];
        ++bound_;
    }
    void bind_null(std::size_t parameter) override {
        if (parameter >= parameters_.size()) return;
        parameters_[parameter] = {};
        parameters_[parameter].buffer_type = MYSQL_TYPE_NULL;
        ++bound_;
    }

    Result<bool> step() override {
        if (!executed_) {
            if (const Result<> done = execute(); !done) return fail(done.error());
        }
        if (names_.empty()) return false;
        return fetch();
    }
    std::int64_t changed() const override { return changed_; }
    std::size_t columns() const override { return names_.size(); }
    std::string column_name(std::size_t column) const override {
        return column < names_.size() ? names_[column] : std::string();
    }
    std::int64_t number(std::size_t column) const override {
        const std::string value = text(column);
        std::int64_t number = 0;
        std::from_chars(value.data(), value.data() + value.size(), number);
        return number;
    }
    std::string text(std::size_t column) const override {
        return column < row_.size() && row_[column] ? *row_[column] : std::string();
    }
    bool is_null(std::size_t column) const override { return column >= row_.size() || !row_[column]; }
    // Connector/C would wait for the rest of a result that ended in an error, for as long as the time-out says.
    bool is_reusable() const override { return !failed_; }
    void reset() override {
        if (!failed_) mysql_stmt_free_result(statement_);
        executed_ = false;
        bound_ = 0;
    }

  private:
    std::unexpected<Error> failure() {
        failed_ = true;
        return connection_.failure(mysql_stmt_errno(statement_), mysql_stmt_error(statement_), sql_);
    }
    Result<> execute() {
        if (bound_ != parameters_.size())
            return fail(ErrorCode::internal, "Directory failed", "parameters are missing: " + sql_);
        if (!parameters_.empty() && mysql_stmt_bind_param(statement_, parameters_.data()) != 0) return failure();
        if (mysql_stmt_execute(statement_) != 0) return failure();
        if (!names_.empty() && mysql_stmt_store_result(statement_) != 0) return failure();
        changed_ = static_cast<std::int64_t>(mysql_stmt_affected_rows(statement_));
        executed_ = true;
        return {};
    }
    /// Asks for the lengths first, then for each column in a buffer of that length.
    Result<bool> fetch() {
        std::vector<MYSQL_BIND> places(names_.size());
        std::vector<unsigned long> lengths(names_.size());
        std::vector<my_bool> nulls(names_.size());
        for (std::size_t i = 0; i < names_.size(); ++i) {
            places[i].buffer_type = MYSQL_TYPE_STRING;
            places[i].length = &lengths[i];
            places[i].is_null = &nulls[i];
        }
        if (mysql_stmt_bind_result(statement_, places.data()) != 0) return failure();
        const int status = mysql_stmt_fetch(statement_);
        if (status == MYSQL_NO_DATA) return false;
        if (status != 0 && status != MYSQL_DATA_TRUNCATED) return failure();
        for (std::size_t i = 0; i < names_.size(); ++i) {
            row_[i].reset();
            if (nulls[i] != 0) continue;
            std::string value(lengths[i], '\0');
            MYSQL_BIND place{};
            place.buffer_type = MYSQL_TYPE_STRING;
            place.buffer = value.data();
            place.buffer_length = lengths[i];
            place.length = &lengths[i];
            if (!value.empty() && mysql_stmt_fetch_column(statement_, &place, static_cast<unsigned>(i), 0) != 0)
                return failure();
            row_[i] = std::move(value);
        }
        return true;
    }

    MariadbConnection& connection_;
    MYSQL_STMT* statement_;
    std::string sql_;
    std::vector<MYSQL_BIND> parameters_;
    std::vector<std::int64_t> values_;  // of bound numbers
    std::vector<std::string> names_;    // of columns
    std::vector<std::optional<std::string>> row_;
    std::size_t bound_ = 0;
    std::int64_t changed_ = 0;
    bool executed_ = false;
    bool failed_ = false;
};

Result<Secret> read_password_file(const std::string& path) {
    if (path.empty()) return Secret();
    Result<std::string> text = read_file(path, max_password_file);
    if (!text)
        return fail(ErrorCode::unavailable, "Directory is unavailable", "password file: " + text.error().message());
    Secret password(text->substr(0, text->find_first_of("\r\n")));
    wipe(*text);
    return password;
}

MariadbConnection::~MariadbConnection() {
    forget_statements();
    mysql_close(connection_);
}

Result<std::unique_ptr<MariadbConnection>> MariadbConnection::open(const MariadbSettings& settings,
                                                                   const std::string& host) {
    static std::once_flag once;
    std::call_once(once, [] { mysql_library_init(0, nullptr, nullptr); });
    const Result<config::DatabaseHost> where = config::parse_database_host(host);
    if (!where) return fail(ErrorCode::unavailable, "Directory is unavailable", host + ' ' + where.error().text);
    const Result<Secret> password = read_password_file(settings.password_file);
    if (!password) return fail(password.error());
    MYSQL* raw = mysql_init(nullptr);
    if (raw == nullptr) return fail(ErrorCode::unavailable, "Directory is unavailable", "out of memory");
    std::unique_ptr<MariadbConnection> connection(new MariadbConnection(raw));

    const unsigned connecting = seconds_of(settings.connect_timeout);
    const unsigned waiting = seconds_of(settings.query_timeout);
    mysql_options(raw, MYSQL_OPT_CONNECT_TIMEOUT, &connecting);
    mysql_options(raw, MYSQL_OPT_READ_TIMEOUT, &waiting);
    mysql_options(raw, MYSQL_OPT_WRITE_TIMEOUT, &waiting);
    mysql_options(raw, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    const my_bool no = 0;
    const my_bool yes = 1;
    mysql_options(raw, MYSQL_OPT_RECONNECT, &no);
    const unsigned local_infile = 0;  // the server may not ask for files of this machine
    mysql_options(raw, MYSQL_OPT_LOCAL_INFILE, &local_infile);
    // The wait for a lock is the server's: it may not be longer than ours for the server.
    const auto lock_wait = std::min(seconds_of(settings.busy_timeout), std::max(1u, waiting - 1));
    const std::string setup =
        "SET SESSION sql_mode = 'TRADITIONAL,NO_ENGINE_SUBSTITUTION', innodb_lock_wait_timeout = " +
        std::to_string(lock_wait);
    mysql_options(raw, MYSQL_INIT_COMMAND, setup.c_str());
    if (settings.tls != MariadbSettings::Tls::off && where->socket.empty()) {
        mysql_optionsv(raw, MYSQL_OPT_SSL_ENFORCE, &yes);
        const bool verified = settings.tls == MariadbSettings::Tls::verified;
        mysql_optionsv(raw, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, verified ? &yes : &no);
        const std::string& authorities = settings.tls_authorities;
        if (verified)
            mysql_optionsv(raw, MYSQL_OPT_SSL_CA,
                           authorities.empty() ? "/etc/ssl/certs/ca-certificates.crt" : authorities.c_str());
    }
    // Rows that are found count as changed, also when they have the new value already.
    const MYSQL* connected = mysql_real_connect(
        raw, where->socket.empty() ? where->name.c_str() : nullptr, settings.user.c_str(),
        std::string(password->view()).c_str(), settings.database.empty() ? nullptr : settings.database.c_str(),
        where->port, where->socket.empty() ? nullptr : where->socket.c_str(), CLIENT_FOUND_ROWS);
    if (connected == nullptr)
        return fail(ErrorCode::unavailable, "Directory is unavailable",
                    host + ": " + mysql_error(raw) + " (" + std::to_string(mysql_errno(raw)) + ")");
    return connection;
}

Result<std::unique_ptr<PreparedStatement>> MariadbConnection::compile(const std::string& sql) {
    MYSQL_STMT* statement = mysql_stmt_init(connection_);
    if (statement == nullptr) return fail(ErrorCode::unavailable, "Directory is unavailable", "out of memory");
    if (mysql_stmt_prepare(statement, sql.data(), sql.size()) != 0) {
        const std::unexpected<Error> failed = failure(mysql_stmt_errno(statement), mysql_stmt_error(statement), sql);
        mysql_stmt_close(statement);
        return failed;
    }
    return std::make_unique<MariadbStatement>(*this, statement, sql);
}

Result<> MariadbConnection::execute(const std::string& sql) {
    if (mysql_real_query(connection_, sql.data(), sql.size()) != 0)
        return failure(mysql_errno(connection_), mysql_error(connection_), sql);
    if (MYSQL_RES* rows = mysql_store_result(connection_); rows != nullptr) mysql_free_result(rows);
    return {};
}

Result<> MariadbConnection::begin(bool write) {
    if (!write) return execute("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY");
    if (const Result<> begun = execute("START TRANSACTION"); !begun) return begun;
    // The row that all writers lock first.
    const Result<std::int64_t> locked = query_number("SELECT version FROM posthouse_schema FOR UPDATE");
    if (locked) return {};
    rollback();
    return fail(locked.error());
}

Result<> MariadbConnection::commit() { return execute("COMMIT"); }

void MariadbConnection::rollback() {
    if (lost_) return;  // the server rolls back by itself
    if (const Result<> undone = execute("ROLLBACK"); !undone)
        log::debug("nothing to roll back", {{"reason", undone.error().message()}});
}

}  // namespace posthouse::auth
