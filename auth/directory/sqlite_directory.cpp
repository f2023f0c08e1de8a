// The directory in an SQLite database.
#include "auth/directory/sqlite_directory.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <filesystem>

#include "auth/directory/schema.h"
#include "auth/directory/sqlite.h"
#include "lib/base/file.h"
#include "lib/base/log.h"

namespace posthouse::auth {
namespace {

constexpr const char* user_columns =
    "SELECT u.id, u.email, u.password, u.quota_mb, u.enabled, u.admin, u.created_at, m.usage_mb"
    " FROM virtual_users u LEFT JOIN mailbox_usage m ON m.email = u.email";

User read_user(const Statement& row) {
    User user;
    user.id = row.number(0);
    user.email = row.text(1);
    user.password = row.text(2);
    user.quota_mb = row.number(3);
    user.enabled = row.number(4) != 0;
    user.admin = row.number(5) != 0;
    user.created_at = row.number(6);
    if (!row.is_null(7)) user.usage_mb = row.number(7);
    return user;
}

std::string_view domain_of(std::string_view address) { return address.substr(address.rfind('@') + 1); }

class SqliteDirectory final : public Directory {
  public:
    explicit SqliteDirectory(SqliteConnection connection) : connection_(std::move(connection)) {}

    Result<bool> has_domain(std::string_view name) override {
        Result<Statement> query = connection_.prepare("SELECT 1 FROM virtual_domains WHERE name = ?");
        if (!query) return fail(query.error());
        return query->bind(name).step();
    }

    Result<std::optional<User>> find_user(std::string_view email) override {
        static const std::string sql = std::string(user_columns) + " WHERE u.email = ?";
        Result<Statement> query = connection_.prepare(sql.c_str());
        if (!query) return fail(query.error());
        const Result<bool> row = query->bind(email).step();
        if (!row) return fail(row.error());
        if (!*row) return std::nullopt;
        return read_user(*query);
    }

    Result<std::vector<std::string>> alias_destinations(std::string_view source, std::size_t limit) override {
        return list<std::string>(
            "SELECT destination FROM virtual_aliases WHERE source = ? ORDER BY id LIMIT ?",
            [&](Statement& query) { query.bind(source).bind(static_cast<std::int64_t>(limit)); },
            [](const Statement& row) { return row.text(0); });
    }

    Result<std::optional<std::string>> responsible_user(std::string_view domain) override {
        Result<Statement> query = connection_.prepare(
            "SELECT u.email FROM virtual_users u JOIN virtual_domains d ON d.id = u.domain_id"
            " WHERE u.admin OR d.name = ? ORDER BY u.admin DESC, d.name = ? DESC, u.id LIMIT 1");
        if (!query) return fail(query.error());
        const Result<bool> row = query->bind(domain).bind(domain).step();
        if (!row) return fail(row.error());
        if (!*row) return std::nullopt;
        return query->text(0);
    }

    Result<std::vector<Domain>> domains() override {
        return list<Domain>(
            "SELECT id, name, created_at, (SELECT count(*) FROM virtual_users u WHERE u.domain_id = d.id),"
            " (SELECT count(*) FROM virtual_aliases a WHERE a.domain_id = d.id) FROM virtual_domains d ORDER BY name",
            [](Statement&) {},
            [](const Statement& row) {
                return Domain{row.number(0), row.text(1), row.number(2), row.number(3), row.number(4)};
            });
    }

    Result<std::vector<User>> users(std::string_view domain) override {
        static const std::string sql = std::string(user_columns) +
                                       " JOIN virtual_domains d ON d.id = u.domain_id WHERE ? IN ('', d.name)"
                                       " ORDER BY d.name, u.email";
        return list<User>(sql.c_str(), [&](Statement& query) { query.bind(domain); }, read_user);
    }

    Result<std::vector<Alias>> aliases(std::string_view domain) override {
        return list<Alias>(
            "SELECT a.id, a.source, a.destination, a.created_at FROM virtual_aliases a"
            " JOIN virtual_domains d ON d.id = a.domain_id WHERE ? IN ('', d.name) ORDER BY d.name, a.source, a.id",
            [&](Statement& query) { query.bind(domain); },
            [](const Statement& row) { return Alias{row.number(0), row.text(1), row.text(2), row.number(3)}; });
    }

    Result<> add_domain(std::string_view name) override {
        return change("INSERT INTO virtual_domains (name) VALUES (?)", "Domain " + std::string(name),
                      [&](Statement& query) { query.bind(name); });
    }

    Result<> remove_domain(std::string_view name) override {
        return change("DELETE FROM virtual_domains WHERE name = ?", "Domain " + std::string(name),
                      [&](Statement& query) { query.bind(name); });
    }

    Result<> add_user(const NewUser& user) override {
        if (const Result<> domain = require_domain(user.email); !domain) return domain;
        return change(
            "INSERT INTO virtual_users (domain_id, email, password, quota_mb, enabled, admin)"
            " SELECT id, ?, ?, ?, ?, ? FROM virtual_domains WHERE name = ?",
            "User " + user.email, [&](Statement& query) {
                query.bind(user.email).bind(user.password).bind(user.quota_mb);
                query.bind(std::int64_t{user.enabled}).bind(std::int64_t{user.admin}).bind(domain_of(user.email));
            });
    }

    Result<> remove_user(std::string_view email) override {
        return change("DELETE FROM virtual_users WHERE email = ?", "User " + std::string(email),
                      [&](Statement& query) { query.bind(email); });
    }

    Result<> set_password(std::string_view email, std::string_view password) override {
        return change("UPDATE virtual_users SET password = ?, password_changed_at = unixepoch() WHERE email = ?",
                      "User " + std::string(email), [&](Statement& query) { query.bind(password).bind(email); });
    }

    Result<> set_enabled(std::string_view email, bool enabled) override {
        return change("UPDATE virtual_users SET enabled = ? WHERE email = ?", "User " + std::string(email),
                      [&](Statement& query) { query.bind(std::int64_t{enabled}).bind(email); });
    }

    Result<> add_alias(std::string_view source, std::string_view destination) override {
        if (const Result<> domain = require_domain(source); !domain) return domain;
        return change(
            "INSERT INTO virtual_aliases (domain_id, source, destination)"
            " SELECT id, ?, ? FROM virtual_domains WHERE name = ?",
            "Alias " + std::string(source) + " to " + std::string(destination),
            [&](Statement& query) { query.bind(source).bind(destination).bind(domain_of(source)); });
    }

    Result<> remove_alias(std::string_view source, std::string_view destination) override {
        std::string what = "Alias " + std::string(source);
        if (!destination.empty()) what += " to " + std::string(destination);
        return change("DELETE FROM virtual_aliases WHERE source = ? AND ? IN ('', destination)", what,
                      [&](Statement& query) { query.bind(source).bind(destination); });
    }

    Result<> set_usage(std::string_view email, std::int64_t usage_mb) override {
        return change(
            "INSERT INTO mailbox_usage (email, usage_mb, last_updated)"
            " SELECT email, ?, unixepoch() FROM virtual_users WHERE email = ?"
            " ON CONFLICT (email) DO UPDATE SET usage_mb = excluded.usage_mb, last_updated = excluded.last_updated",
            "User " + std::string(email), [&](Statement& query) { query.bind(usage_mb).bind(email); });
    }

  private:
    // A reader takes its snapshot at the first statement; a writer takes its lock now, so that it never has to give up
    // in the middle.
    Result<> begin(bool write) override { return connection_.execute(write ? "BEGIN IMMEDIATE" : "BEGIN"); }
    Result<> commit() override { return connection_.execute("COMMIT"); }
    void rollback() override {
        // SQLite rolls back by itself when a commit failed for good.
        if (const Result<> undone = connection_.execute("ROLLBACK"); !undone)
            log::debug("nothing to roll back", {{"reason", undone.error().message()}});
    }

    Result<> require_domain(std::string_view address) {
        const std::string_view domain = domain_of(address);
        const Result<bool> known = has_domain(domain);
        if (!known) return fail(known.error());
        if (!*known) return fail(ErrorCode::not_found, "Domain " + std::string(domain) + " does not exist");
        return {};
    }

    // Runs one changing statement about `what`; no row changed: not_found.
    template <typename Bind>
    Result<> change(const char* sql, const std::string& what, Bind bind) {
        Result<Statement> statement = connection_.prepare(sql);
        if (!statement) return fail(statement.error());
        bind(*statement);
        const Result<std::int64_t> changed = statement->run();
        if (!changed && changed.error().code == ErrorCode::exists)
            return fail(ErrorCode::exists, what + " already exists");
        if (!changed) return fail(changed.error());
        if (*changed == 0) return fail(ErrorCode::not_found, what + " does not exist");
        return {};
    }

    template <typename T, typename Bind, typename Read>
    Result<std::vector<T>> list(const char* sql, Bind bind, Read read) {
        Result<Statement> query = connection_.prepare(sql);
        if (!query) return fail(query.error());
        bind(*query);
        std::vector<T> rows;
        for (;;) {
            const Result<bool> row = query->step();
            if (!row) return fail(row.error());
            if (!*row) return rows;
            rows.push_back(read(*query));
        }
    }

    SqliteConnection connection_;
};

// Made by us first, so that it has its mode and owner before a secret is in it. SQLite gives its -wal and -shm files
// the same.
Result<> make_file(const std::string& path) {
    Result<UniqueFd> file = open_file(path, O_RDWR | O_CREAT | O_EXCL, 0600);
    if (!file && file.error().code == ErrorCode::exists) return {};
    if (!file) return fail(file.error().code, "Cannot create the directory database", file.error().detail);
    if (::geteuid() != 0) return {};
    const std::string folder = std::filesystem::path(path).parent_path().string();
    struct stat status{};
    if (::stat(folder.empty() ? "." : folder.c_str(), &status) != 0) return fail_errno("stat " + folder, errno);
    if (::fchown(file->get(), status.st_uid, status.st_gid) != 0) return fail_errno("chown " + path, errno);
    return {};
}

Result<SqliteConnection> connect(const SqliteSettings& settings) {
    Result<SqliteConnection> connection =
        SqliteConnection::open(settings.path, SqliteConnection::Open::existing, settings.busy_timeout_ms);
    if (!connection) return connection;
    // A commit that was answered survives power loss.
    if (const Result<> set = connection->execute("PRAGMA synchronous = FULL"); !set) return fail(set.error());
    return connection;
}

}  // namespace

Result<std::unique_ptr<Directory>> open_sqlite_directory(const SqliteSettings& settings) {
    Result<SqliteConnection> connection = connect(settings);
    if (!connection) return fail(connection.error());
    if (const Result<> checked = check_schema(*connection); !checked) return fail(checked.error());
    return std::make_unique<SqliteDirectory>(std::move(*connection));
}

Result<std::unique_ptr<Directory>> create_sqlite_directory(const SqliteSettings& settings) {
    if (const Result<> made = make_file(settings.path); !made) return fail(made.error());
    Result<SqliteConnection> connection = connect(settings);
    if (!connection) return fail(connection.error());
    // Only before the schema exists: a database in use keeps the mode it has.
    if (const Result<std::int64_t> version = connection->query_number("PRAGMA user_version");
        version && *version == 0) {
        if (const Result<> set = connection->execute("PRAGMA journal_mode = WAL"); !set) return fail(set.error());
    }
    if (const Result<> migrated = migrate(*connection); !migrated) return fail(migrated.error());
    return std::make_unique<SqliteDirectory>(std::move(*connection));
}

}  // namespace posthouse::auth
