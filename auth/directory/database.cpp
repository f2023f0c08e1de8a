// The directory's database as the configuration names it.
#include "auth/directory/database.h"

#include <unistd.h>

#include "auth/directory/schema.h"

namespace posthouse::auth {
namespace {

Result<std::unique_ptr<Connection>> connect(const DatabaseSettings& settings) {
    return connect_sqlite(settings.sqlite);
}

}  // namespace

DatabaseSettings database_settings(const config::Config& config) {
    return {Engine::sqlite, {config.directory.sqlite, config.directory.busy_timeout.count()}};
}

std::string describe(const DatabaseSettings& settings) { return "SQLite " + settings.sqlite.path; }

Result<std::unique_ptr<Directory>> open_directory(const DatabaseSettings& settings) {
    return open_sqlite_directory(settings.sqlite);
}

Result<std::unique_ptr<Directory>> create_directory(const DatabaseSettings& settings) {
    return create_sqlite_directory(settings.sqlite);
}

Result<SchemaStatus> schema_status(const DatabaseSettings& settings) {
    if (settings.engine == Engine::sqlite && ::access(settings.sqlite.path.c_str(), F_OK) != 0)
        return SchemaStatus{0, schema_version()};
    const Result<std::unique_ptr<Connection>> connection = connect(settings);
    if (!connection) return fail(connection.error());
    const Result<std::int64_t> version = read_schema_version(**connection);
    if (!version) return fail(version.error());
    return SchemaStatus{*version, schema_version()};
}

Result<> init_database(const DatabaseSettings& settings) {
    const Result<SchemaStatus> status = schema_status(settings);
    if (!status) return fail(status.error());
    if (status->version != 0)
        return fail(ErrorCode::exists, "The directory database is there already: " + describe(settings));
    const Result<std::unique_ptr<Directory>> made = create_sqlite_directory(settings.sqlite);
    if (!made) return fail(made.error());
    return {};
}

Result<> migrate_database(const DatabaseSettings& settings) {
    const Result<std::unique_ptr<Connection>> connection = connect(settings);
    if (!connection) return fail(connection.error());
    const Result<std::int64_t> version = read_schema_version(**connection);
    if (!version) return fail(version.error());
    if (*version == 0) return check_schema(**connection);
    return migrate(**connection);
}

}  // namespace posthouse::auth
