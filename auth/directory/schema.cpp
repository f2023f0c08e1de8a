// The schema's versions: reading, checking, migrating.
#include "auth/directory/schema.h"

#include "auth/directory/dialect.h"
#include "auth/directory/schema_steps.h"
#include "lib/base/log.h"

namespace posthouse::auth {
namespace {

std::string versions(std::int64_t found, std::string_view what, std::int64_t ours) {
    return "The directory database has schema version " + std::to_string(found) + ", this program " +
           std::string(what) + ' ' + std::to_string(ours);
}

std::unexpected<Error> too_new(std::int64_t version) {
    return fail(ErrorCode::unsupported, versions(version, "knows versions up to", schema_version()));
}

Result<> write_version(Connection& connection, std::int64_t version) {
    const std::string number = std::to_string(version);
    if (connection.engine() == Engine::sqlite) return connection.execute("PRAGMA user_version = " + number);
    return connection.execute("REPLACE INTO posthouse_schema (id, version) VALUES (1, " + number + ")");
}

/// Whether there are tables although there is no version.
Result<bool> has_foreign_tables(Connection& connection) {
    const char* sql = connection.engine() == Engine::sqlite
                          ? "SELECT count(*) FROM sqlite_master"
                          : "SELECT count(*) FROM information_schema.tables WHERE table_schema = database()"
                            " AND table_name <> 'posthouse_schema'";
    const Result<std::int64_t> tables = connection.query_number(sql);
    if (!tables) return fail(tables.error());
    return *tables > 0;
}

Result<> apply_steps(Connection& connection) {
    const Result<std::int64_t> found = read_schema_version(connection);
    if (!found) return fail(found.error());
    if (*found > schema_version() || *found < 0) return too_new(*found);
    for (std::int64_t version = *found; version < schema_version(); ++version) {
        for (const std::string_view statement : schema_steps()[static_cast<std::size_t>(version)]) {
            const Result<> done = connection.execute(in_dialect(connection.engine(), statement));
            if (!done) return done;
        }
        if (const Result<> written = write_version(connection, version + 1); !written) return written;
    }
    return {};
}

Result<> refuse_foreign_tables(Connection& connection) {
    const Result<std::int64_t> version = read_schema_version(connection);
    if (!version) return fail(version.error());
    if (*version != 0) return {};
    const Result<bool> foreign = has_foreign_tables(connection);
    if (!foreign) return fail(foreign.error());
    if (*foreign) return fail(ErrorCode::unsupported, "The directory database holds tables of another program");
    return {};
}

Result<> migrate_in_transaction(Connection& connection) {
    if (const Result<> begun = connection.begin(true); !begun) return begun;
    Result<> applied = refuse_foreign_tables(connection);
    if (applied) applied = apply_steps(connection);
    if (applied) applied = connection.commit();
    if (!applied) connection.rollback();
    return applied;
}

/// The table of the version is made first: once it is there, tables are ours even before the first step has ended.
Result<> migrate_in_steps(Connection& connection) {
    const Result<std::int64_t> locked = connection.query_number("SELECT get_lock('posthouse.migrate', 60)");
    if (!locked) return fail(locked.error());
    if (*locked != 1)
        return fail(ErrorCode::unavailable, "The directory database is being migrated by another program");
    const auto has_table = connection.query_number(
        "SELECT count(*) FROM information_schema.tables WHERE table_schema = database()"
        " AND table_name = 'posthouse_schema'");
    Result<> applied = has_table ? Result<>() : Result<>(fail(has_table.error()));
    if (applied && *has_table == 0) applied = refuse_foreign_tables(connection);
    if (applied) {
        applied = connection.execute(in_dialect(Engine::mariadb,
                                                "CREATE TABLE IF NOT EXISTS posthouse_schema (id {integer} PRIMARY "
                                                "KEY, version {integer} NOT NULL){table}"));
    }
    if (applied) applied = apply_steps(connection);
    const Result<std::int64_t> released = connection.query_number("SELECT release_lock('posthouse.migrate')");
    if (!released) log::debug("the lock goes with the connection", {{"reason", released.error().message()}});
    return applied;
}

}  // namespace

std::int64_t schema_version() { return static_cast<std::int64_t>(schema_steps().size()); }

Result<std::int64_t> read_schema_version(Connection& connection) {
    if (connection.engine() == Engine::sqlite) return connection.query_number("PRAGMA user_version");
    const Result<std::int64_t> tables = connection.query_number(
        "SELECT count(*) FROM information_schema.tables WHERE table_schema = database()"
        " AND table_name = 'posthouse_schema'");
    if (!tables) return fail(tables.error());
    if (*tables == 0) return 0;
    return connection.query_number("SELECT max(version) FROM posthouse_schema");
}

Result<> check_schema(Connection& connection) {
    const Result<std::int64_t> version = read_schema_version(connection);
    if (!version) return fail(version.error());
    if (*version == 0) return fail(ErrorCode::not_found, "The directory database has no tables yet: posthouse db init");
    if (*version > schema_version() || *version < 0) return too_new(*version);
    if (*version < schema_version())
        return fail(ErrorCode::unsupported, versions(*version, "needs", schema_version()) + ": posthouse db migrate");
    return {};
}

Result<> migrate(Connection& connection) {
    // The usual case takes no lock for writing.
    const Result<std::int64_t> version = read_schema_version(connection);
    if (!version) return fail(version.error());
    if (*version == schema_version()) return {};
    if (*version > schema_version() || *version < 0) return too_new(*version);
    return connection.engine() == Engine::sqlite ? migrate_in_transaction(connection) : migrate_in_steps(connection);
}

}  // namespace posthouse::auth
