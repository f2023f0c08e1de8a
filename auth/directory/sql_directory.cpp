// The directory in an SQL database.
#include "auth/directory/sql_directory.h"

#include <ctime>

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

std::int64_t now() { return static_cast<std::int64_t>(std::time(nullptr)); }

std::string_view domain_of(std::string_view address) { return address.substr(address.rfind('@') + 1); }

class SqlDirectory final : public Directory {
  public:
    explicit SqlDirectory(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}

    Result<bool> has_domain(std::string_view name) override {
        Result<Statement> query = connection_->prepare("SELECT 1 FROM virtual_domains WHERE name = ?");
        if (!query) return fail(query.error());
        return query->bind(name).step();
    }

    Result<std::optional<User>> find_user(std::string_view email) override {
        static const std::string sql = std::string(user_columns) + " WHERE u.email = ?";
        Result<Statement> query = connection_->prepare(sql);
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
        Result<Statement> query = connection_->prepare(
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
        return list<User>(sql, [&](Statement& query) { query.bind(domain); }, read_user);
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
        return change("UPDATE virtual_users SET password = ?, password_changed_at = ? WHERE email = ?",
                      "User " + std::string(email),
                      [&](Statement& query) { query.bind(password).bind(now()).bind(email); });
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

    // In two statements: "insert or update" is written differently by each engine.
    Result<> set_usage(std::string_view email, std::int64_t usage_mb) override {
        const std::string who = "User " + std::string(email);
        const Result<> updated = change("UPDATE mailbox_usage SET usage_mb = ?, last_updated = ? WHERE email = ?", who,
                                        [&](Statement& query) { query.bind(usage_mb).bind(now()).bind(email); });
        if (updated || updated.error().code != ErrorCode::not_found) return updated;
        return change(
            "INSERT INTO mailbox_usage (email, usage_mb, last_updated)"
            " SELECT email, ?, ? FROM virtual_users WHERE email = ?",
            who, [&](Statement& query) { query.bind(usage_mb).bind(now()).bind(email); });
    }

    Result<> add_audit(const AuditEntry& entry) override {
        return change("INSERT INTO audit_log (at, actor, action, subject, details) VALUES (?, ?, ?, ?, ?)", "Entry",
                      [&](Statement& query) {
                          query.bind(now()).bind(entry.actor).bind(entry.action);
                          query.bind(entry.subject).bind(entry.details);
                      });
    }

    Result<std::vector<AuditEntry>> audit(std::string_view subject, std::size_t limit) override {
        return list<AuditEntry>(
            "SELECT at, actor, action, subject, details FROM audit_log WHERE ? IN ('', subject)"
            " ORDER BY id DESC LIMIT ?",
            [&](Statement& query) { query.bind(subject).bind(static_cast<std::int64_t>(limit)); },
            [](const Statement& row) {
                return AuditEntry{row.number(0), row.text(1), row.text(2), row.text(3), row.text(4)};
            });
    }

  private:
    Result<> begin(bool write) override { return connection_->begin(write); }
    Result<> commit() override { return connection_->commit(); }
    void rollback() override { connection_->rollback(); }

    Result<> require_domain(std::string_view address) {
        const std::string_view domain = domain_of(address);
        const Result<bool> known = has_domain(domain);
        if (!known) return fail(known.error());
        if (!*known) return fail(ErrorCode::not_found, "Domain " + std::string(domain) + " does not exist");
        return {};
    }

    // Runs one changing statement about `what`; no row changed: not_found.
    template <typename Bind>
    Result<> change(std::string_view sql, const std::string& what, Bind bind) {
        Result<Statement> statement = connection_->prepare(sql);
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
    Result<std::vector<T>> list(std::string_view sql, Bind bind, Read read) {
        Result<Statement> query = connection_->prepare(sql);
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

    std::unique_ptr<Connection> connection_;
};

}  // namespace

std::unique_ptr<Directory> make_sql_directory(std::unique_ptr<Connection> connection) {
    return std::make_unique<SqlDirectory>(std::move(connection));
}

}  // namespace posthouse::auth
