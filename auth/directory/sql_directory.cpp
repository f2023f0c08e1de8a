// The directory in an SQL database.
#include "auth/directory/sql_directory.h"

#include <ctime>
#include <utility>

#include "auth/directory/sql_app_passwords.h"
#include "auth/directory/sql_distribution_lists.h"
#include "auth/directory/sql_relay_domains.h"
#include "auth/directory/sql_send_as_grants.h"
#include "auth/directory/sql_sending_limits.h"
#include "auth/directory/sql_statements.h"
#include "auth/directory/sql_transports.h"
#include "auth/directory/user_columns.h"

namespace posthouse::auth {
namespace {

std::int64_t now() { return static_cast<std::int64_t>(std::time(nullptr)); }

std::string_view domain_of(std::string_view address) { return address.substr(address.rfind('@') + 1); }

class SqlDirectory final : public Directory, private SqlStatements {
  public:
    SqlDirectory(std::unique_ptr<Connection> connection, const SqlDirectorySettings& settings)
        : SqlStatements(std::move(connection), settings.tables), settings_(settings) {}

    Result<bool> has_domain(std::string_view name) override { return any(settings_.queries.domain, name); }

    Result<std::optional<RelayRecipients>> relay_domain(std::string_view name) override {
        std::optional<RelayRecipients> found;
        const Result<> read = each(settings_.queries.relay_domain, name, [&](const Statement& row) -> Result<bool> {
            found = row.text(0) == "listed" ? RelayRecipients::listed : RelayRecipients::any;
            return false;
        });
        if (!read) return fail(read.error());
        return found;
    }

    Result<bool> has_relay_recipient(std::string_view address) override {
        return any(settings_.queries.relay_recipient, address);
    }

    Result<std::optional<ListRules>> find_list(std::string_view address) override {
        std::optional<ListRules> found;
        const Result<> read = each(settings_.queries.list, address, [&](const Statement& row) -> Result<bool> {
            // A word that nobody knows keeps all out but the owner: another program wrote it.
            found = ListRules{parse_list_posters(row.text(0)).value_or(ListPosters::listed), row.text(1)};
            return false;
        });
        if (!read) return fail(read.error());
        return found;
    }

    Result<std::vector<std::string>> list_posters(std::string_view address, std::size_t limit) override {
        return column(settings_.queries.list_posters, address, limit);
    }

    Result<std::optional<std::string>> domain_alias(std::string_view name) override {
        return first(settings_.queries.domain_alias, name);
    }

    Result<std::optional<std::string>> responsible_user(std::string_view domain) override {
        return first(settings_.queries.responsible, domain);
    }

    Result<std::vector<std::string>> senders(std::string_view address, std::size_t limit) override {
        return column(settings_.queries.sender, address, limit);
    }

    Result<std::optional<std::string>> transport(std::string_view source) override {
        std::optional<std::string> found;
        const Result<> read = each(settings_.queries.transport, source, [&](const Statement& row) -> Result<bool> {
            if (std::string text = row.text(0); !text.empty()) {
                found = std::move(text);
                return false;
            }
            if (const std::string host = row.columns() > 1 ? row.text(1) : std::string(); !host.empty())
                found = "smtp:[" + host + ']';
            return true;  // another row may give a transport, which goes before a host
        });
        if (!read) return fail(read.error());
        return found;
    }

    Result<std::optional<SendingLimit>> sending_limit(std::string_view name) override {
        return sending_limits_.find(name);
    }

    Result<std::optional<User>> find_user(std::string_view email) override {
        std::optional<User> found;
        const Result<> read = each(settings_.queries.user, email, [&](const Statement& row) -> Result<bool> {
            const UserColumns columns(row);
            if (!columns.has_password())
                return fail(ErrorCode::internal, "Directory failed", "directory.user_query gives no column password");
            found = columns.read(row, email, settings_.local_part);
            return !found;
        });
        if (!read) return fail(read.error());
        return found;
    }

    Result<std::vector<AppPassword>> find_app_passwords(std::string_view email, std::size_t limit) override {
        return app_passwords_.find(settings_.queries.app_passwords, email, limit);
    }

    Result<std::vector<std::string>> alias_destinations(std::string_view source, std::size_t limit) override {
        return column(settings_.queries.alias, source, limit);
    }

    Result<std::vector<Domain>> domains() override {
        return list<Domain>(
            "SELECT id, name, created_at, (SELECT count(*) FROM virtual_users u WHERE u.domain_id = d.id),"
            " (SELECT count(*) FROM virtual_aliases a WHERE a.domain_id = d.id AND a.source NOT IN"
            " (SELECT address FROM distribution_lists)) FROM virtual_domains d WHERE d.type = 'local' ORDER BY name",
            [](Statement&) {},
            [](const Statement& row) {
                return Domain{row.number(0), row.text(1), row.number(2), row.number(3), row.number(4)};
            });
    }

    Result<std::vector<DomainAlias>> domain_aliases() override {
        return list<DomainAlias>(
            "SELECT a.name, d.name, a.created_at FROM domain_aliases a JOIN virtual_domains d ON d.id = a.domain_id"
            " ORDER BY d.name, a.name",
            [](Statement&) {},
            [](const Statement& row) { return DomainAlias{row.text(0), row.text(1), row.number(2)}; });
    }

    Result<std::vector<User>> users(std::string_view domain) override {
        std::vector<User> users;
        std::optional<UserColumns> columns;
        const Result<> read = each(settings_.queries.users, domain, [&](const Statement& row) -> Result<bool> {
            if (!columns) columns.emplace(row);
            if (std::optional<User> user = columns->read(row, {}, settings_.local_part))
                users.push_back(std::move(*user));
            return true;
        });
        if (!read) return fail(read.error());
        return users;
    }

    Result<std::vector<Alias>> aliases(std::string_view domain) override {
        return list<Alias>(
            "SELECT a.id, a.source, a.destination, a.created_at FROM virtual_aliases a"
            " JOIN virtual_domains d ON d.id = a.domain_id WHERE ? IN ('', d.name)"
            " AND a.source NOT IN (SELECT address FROM distribution_lists) ORDER BY d.name, a.source, a.id",
            [&](Statement& query) { query.bind(domain); },
            [](const Statement& row) { return Alias{row.number(0), row.text(1), row.text(2), row.number(3)}; });
    }

    Result<> add_domain(std::string_view name) override {
        const Result<std::optional<std::string>> other = domain_alias(name);
        if (!other) return fail(other.error());
        if (*other) return fail(ErrorCode::exists, "Domain " + std::string(name) + " is another name of " + **other);
        return change("INSERT INTO virtual_domains (name) VALUES (?)", "Domain " + std::string(name),
                      [&](Statement& query) { query.bind(name); });
    }

    Result<> remove_domain(std::string_view name) override {
        const Result<> removed = change("DELETE FROM virtual_domains WHERE name = ?", "Domain " + std::string(name),
                                        [&](Statement& query) { query.bind(name); });
        return removed ? sending_limits_.remove(name) : removed;
    }

    Result<> add_domain_alias(std::string_view name, std::string_view domain) override {
        const Result<bool> taken = has_domain(name);
        if (!taken) return fail(taken.error());
        if (*taken) return fail(ErrorCode::exists, "Domain " + std::string(name) + " already exists");
        if (const Result<> known = require_domain(domain); !known) return known;
        return change("INSERT INTO domain_aliases (domain_id, name) SELECT id, ? FROM virtual_domains WHERE name = ?",
                      "Domain alias " + std::string(name), [&](Statement& query) { query.bind(name).bind(domain); });
    }

    Result<> remove_domain_alias(std::string_view name) override {
        return change("DELETE FROM domain_aliases WHERE name = ?", "Domain alias " + std::string(name),
                      [&](Statement& query) { query.bind(name); });
    }

    Result<> add_user(const NewUser& user) override {
        if (const Result<> domain = require_domain(user.email); !domain) return domain;
        return change(
            "INSERT INTO virtual_users (domain_id, email, password, quota_mb, enabled, admin, services,"
            " must_change_password) SELECT id, ?, ?, ?, ?, ?, ?, ? FROM virtual_domains WHERE name = ?",
            "User " + user.email, [&](Statement& query) {
                query.bind(user.email).bind(user.password).bind(user.quota_mb);
                query.bind(std::int64_t{user.enabled}).bind(std::int64_t{user.admin});
                query.bind(user.services.text()).bind(std::int64_t{user.must_change_password});
                query.bind(domain_of(user.email));
            });
    }

    Result<> remove_user(std::string_view email) override {
        const Result<> removed = change("DELETE FROM virtual_users WHERE email = ?", "User " + std::string(email),
                                        [&](Statement& query) { query.bind(email); });
        return removed ? sending_limits_.remove(email) : removed;
    }

    Result<> set_password(std::string_view email, std::string_view password, bool must_change) override {
        return change(
            "UPDATE virtual_users SET password = ?, scram_keys = '', password_changed_at = ?, must_change_password = ?"
            " WHERE email = ?",
            "User " + std::string(email),
            [&](Statement& query) { query.bind(password).bind(now()).bind(std::int64_t{must_change}).bind(email); });
    }

    Result<> replace_hash(std::string_view email, std::string_view old, std::string_view fresh) override {
        return change("UPDATE virtual_users SET password = ?, scram_keys = '' WHERE email = ? AND password = ?",
                      "User " + std::string(email) + " with that password",
                      [&](Statement& query) { query.bind(fresh).bind(email).bind(old); });
    }

    Result<> set_scram_keys(std::string_view email, std::string_view password, std::string_view keys) override {
        return change("UPDATE virtual_users SET scram_keys = ? WHERE email = ? AND password = ?",
                      "User " + std::string(email) + " with that password",
                      [&](Statement& query) { query.bind(keys).bind(email).bind(password); });
    }

    Result<> set_enabled(std::string_view email, bool enabled) override {
        return change("UPDATE virtual_users SET enabled = ? WHERE email = ?", "User " + std::string(email),
                      [&](Statement& query) { query.bind(std::int64_t{enabled}).bind(email); });
    }

    Result<> set_services(std::string_view email, const Services& services) override {
        return change("UPDATE virtual_users SET services = ? WHERE email = ?", "User " + std::string(email),
                      [&](Statement& query) { query.bind(services.text()).bind(email); });
    }

    Result<> set_app_passwords_only(std::string_view email, bool only) override {
        return change("UPDATE virtual_users SET app_passwords_only = ? WHERE email = ?", "User " + std::string(email),
                      [&](Statement& query) { query.bind(std::int64_t{only}).bind(email); });
    }

    Result<> set_admin(std::string_view email, bool admin) override {
        return change("UPDATE virtual_users SET admin = ? WHERE email = ?", "User " + std::string(email),
                      [&](Statement& query) { query.bind(std::int64_t{admin}).bind(email); });
    }

    Result<> set_quota(std::string_view email, std::int64_t quota_mb) override {
        return change("UPDATE virtual_users SET quota_mb = ? WHERE email = ?", "User " + std::string(email),
                      [&](Statement& query) { query.bind(quota_mb).bind(email); });
    }

    Result<RenameCounts> rename_user(std::string_view from, std::string_view to) override {
        if (const Result<> own = require_own_tables(); !own) return fail(own.error());
        return auth::rename_user(connection(), from, to);
    }

    Result<RenameCounts> rename_domain(std::string_view from, std::string_view to) override {
        if (const Result<> own = require_own_tables(); !own) return fail(own.error());
        return auth::rename_domain(connection(), from, to);
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
    Result<> set_usage(std::string_view email, std::int64_t bytes, std::int64_t messages) override {
        const std::string who = "User " + std::string(email);
        const auto bind = [&](Statement& query) {
            query.bind(MailboxUsage{bytes, messages, 0}.mb()).bind(bytes).bind(messages).bind(now()).bind(email);
        };
        const Result<> updated = change(
            "UPDATE mailbox_usage SET usage_mb = ?, usage_bytes = ?, messages = ?, last_updated = ? WHERE email = ?",
            who, bind);
        if (updated || updated.error().code != ErrorCode::not_found) return updated;
        return change(
            "INSERT INTO mailbox_usage (usage_mb, usage_bytes, messages, last_updated, email)"
            " SELECT ?, ?, ?, ?, email FROM virtual_users WHERE email = ?",
            who, bind);
    }

    AppPasswords& app_passwords() override { return app_passwords_; }

    DistributionLists& distribution_lists() override { return distribution_lists_; }

    SendAsGrants& send_as_grants() override { return send_as_grants_; }

    SendingLimits& sending_limits() override { return sending_limits_; }

    Transports& transports() override { return transports_; }

    RelayDomains& relay_domains() override { return relay_domains_; }

    bool is_lost() const override { return connection().is_lost(); }

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
    Result<> begin_snapshot() override { return connection().begin(false); }
    void end_snapshot() override { connection().rollback(); }
    Result<> begin() override {
        if (const Result<> writable = require_own_tables(); !writable) return writable;
        return connection().begin(true);
    }
    Result<> commit() override { return connection().commit(); }
    void rollback() override { connection().rollback(); }

    Result<> require_domain(std::string_view address) {
        const std::string_view domain = domain_of(address);
        const Result<bool> known = has_domain(domain);
        if (!known) return fail(known.error());
        if (*known) return {};
        const Result<std::optional<RelayRecipients>> relayed = relay_domain(domain);
        if (!relayed) return fail(relayed.error());
        return fail(ErrorCode::not_found, *relayed
                                              ? "Domain " + std::string(domain) + " is one that is only relayed for"
                                              : "Domain " + std::string(domain) + " does not exist");
    }

    const SqlDirectorySettings settings_;
    SqlAppPasswords app_passwords_{*this};
    SqlDistributionLists distribution_lists_{*this};
    SqlSendAsGrants send_as_grants_{*this};
    SqlSendingLimits sending_limits_{*this};
    SqlTransports transports_{*this};
    SqlRelayDomains relay_domains_{*this};
};

}  // namespace

std::unique_ptr<Directory> make_sql_directory(std::unique_ptr<Connection> connection,
                                              const SqlDirectorySettings& settings) {
    return std::make_unique<SqlDirectory>(std::move(connection), settings);
}

}  // namespace posthouse::auth
