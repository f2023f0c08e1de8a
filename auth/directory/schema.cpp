// The schema of the SQLite directory. Tables and columns have the names that administrators know from tutorials.
#include "auth/directory/schema.h"

#include <array>

#include "lib/base/log.h"

namespace posthouse::auth {
namespace {

// Step n makes version n + 1 of version n. A released step is never changed; a change is a new step.
// Names and addresses are stored in lower case (auth/directory/address.h), times as seconds since 1970.
constexpr std::array<const char*, 1> steps{
    R"(
CREATE TABLE virtual_domains (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL DEFAULT (unixepoch())
);
CREATE TABLE virtual_users (
    id INTEGER PRIMARY KEY,
    domain_id INTEGER NOT NULL REFERENCES virtual_domains(id) ON DELETE CASCADE,
    email TEXT NOT NULL UNIQUE,
    password TEXT NOT NULL,
    quota_mb INTEGER NOT NULL DEFAULT 0 CHECK (quota_mb >= 0),
    enabled INTEGER NOT NULL DEFAULT 1 CHECK (enabled IN (0, 1)),
    admin INTEGER NOT NULL DEFAULT 0 CHECK (admin IN (0, 1)),
    created_at INTEGER NOT NULL DEFAULT (unixepoch()),
    password_changed_at INTEGER NOT NULL DEFAULT (unixepoch())
);
CREATE INDEX virtual_users_domain ON virtual_users(domain_id, id);
CREATE TABLE virtual_aliases (
    id INTEGER PRIMARY KEY,
    domain_id INTEGER NOT NULL REFERENCES virtual_domains(id) ON DELETE CASCADE,
    source TEXT NOT NULL,
    destination TEXT NOT NULL,
    created_at INTEGER NOT NULL DEFAULT (unixepoch()),
    UNIQUE (source, destination)
);
CREATE INDEX virtual_aliases_domain ON virtual_aliases(domain_id, id);
CREATE TABLE mailbox_usage (
    email TEXT PRIMARY KEY REFERENCES virtual_users(email) ON DELETE CASCADE ON UPDATE CASCADE,
    usage_mb INTEGER NOT NULL,
    last_updated INTEGER NOT NULL
);
)",
};

std::unexpected<Error> too_new(std::int64_t version) {
    return fail(ErrorCode::unsupported, "The directory database has schema version " + std::to_string(version) +
                                            ", this program knows versions up to " + std::to_string(schema_version()));
}

Result<> apply_steps(SqliteConnection& connection) {
    const Result<std::int64_t> version = connection.query_number("PRAGMA user_version");
    if (!version) return fail(version.error());
    if (*version > schema_version() || *version < 0) return too_new(*version);
    if (*version == schema_version()) return {};
    if (*version == 0) {
        const Result<std::int64_t> tables = connection.query_number("SELECT count(*) FROM sqlite_master");
        if (!tables) return fail(tables.error());
        if (*tables > 0) return fail(ErrorCode::unsupported, "The directory database holds tables of another program");
    }
    for (auto step = static_cast<std::size_t>(*version); step < steps.size(); ++step) {
        if (const Result<> done = connection.execute(steps[step]); !done) return done;
    }
    return connection.execute(("PRAGMA user_version = " + std::to_string(schema_version())).c_str());
}

}  // namespace

std::int64_t schema_version() { return static_cast<std::int64_t>(steps.size()); }

Result<> check_schema(SqliteConnection& connection) {
    const Result<std::int64_t> version = connection.query_number("PRAGMA user_version");
    if (!version) return fail(version.error());
    if (*version > schema_version() || *version < 0) return too_new(*version);
    if (*version < schema_version())
        return fail(ErrorCode::unsupported, "The directory database has schema version " + std::to_string(*version) +
                                                ", this program needs " + std::to_string(schema_version()));
    return {};
}

Result<> migrate(SqliteConnection& connection) {
    // The usual case takes no lock for writing.
    const Result<std::int64_t> version = connection.query_number("PRAGMA user_version");
    if (!version) return fail(version.error());
    if (*version == schema_version()) return {};
    if (const Result<> begun = connection.execute("BEGIN IMMEDIATE"); !begun) return begun;
    Result<> applied = apply_steps(connection);
    if (applied) applied = connection.execute("COMMIT");
    if (applied) return {};
    const Result<> undone = connection.execute("ROLLBACK");
    if (!undone) log::warning("the change of the schema could not be undone", {{"reason", undone.error().message()}});
    return applied;
}

}  // namespace posthouse::auth
