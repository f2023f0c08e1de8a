// The directory's database as the configuration names it.
#include "auth/directory/database.h"

#include <unistd.h>

#include <filesystem>
#include <system_error>

#include "auth/directory/schema.h"

namespace posthouse::auth {
namespace {

/// Connects to `host`, or to the first that answers.
Result<std::unique_ptr<Connection>> connect_mariadb(const MariadbSettings& settings, const std::string& host) {
    if (!host.empty()) return MariadbConnection::open(settings, host);
    Result<std::unique_ptr<Connection>> connection =
        fail(ErrorCode::unavailable, "Directory is unavailable", "no MariaDB server is configured");
    for (const std::string& each : settings.hosts) {
        connection = MariadbConnection::open(settings, each);
        if (connection) break;
    }
    return connection;
}

Result<std::unique_ptr<Connection>> connect(const DatabaseSettings& settings, const std::string& host = {}) {
    if (settings.engine == Engine::sqlite) return connect_sqlite(settings.sqlite);
    return connect_mariadb(settings.mariadb, host);
}

/// Changing a large table takes its time.
DatabaseSettings patient(DatabaseSettings settings) {
    settings.mariadb.query_timeout = std::chrono::hours(1);
    return settings;
}

}  // namespace

LocalPart local_part_setting(const config::Config& config) {
    return config.directory.local_part == "keep-case" ? LocalPart::keep_case : LocalPart::ignore_case;
}

Result<DatabaseSettings> database_settings(const config::Config& config) {
    const auto& directory = config.directory;
    Result<LookupQueries> queries = configured_queries(config);
    if (!queries) return fail(queries.error());
    DatabaseSettings settings;
    settings.engine = directory.engine == "mariadb" ? Engine::mariadb : Engine::sqlite;
    settings.sqlite = {directory.sqlite, directory.busy_timeout.count()};
    settings.mariadb.hosts = directory.hosts;
    settings.mariadb.database = directory.database;
    settings.mariadb.user = directory.user;
    settings.mariadb.password_file = directory.password_file;
    if (directory.tls == "required") settings.mariadb.tls = MariadbSettings::Tls::required;
    if (directory.tls == "verified") settings.mariadb.tls = MariadbSettings::Tls::verified;
    settings.mariadb.tls_authorities = directory.tls_authorities;
    settings.mariadb.connect_timeout = directory.connect_timeout;
    settings.mariadb.query_timeout = directory.query_timeout;
    settings.mariadb.busy_timeout = directory.busy_timeout;
    settings.directory.tables = directory.tables == "foreign" ? Tables::foreign : Tables::posthouse;
    settings.directory.queries = std::move(*queries);
    settings.directory.local_part = local_part_setting(config);
    settings.mail_root = config.general.mail_root;
    return settings;
}

std::string describe(const DatabaseSettings& settings) {
    if (settings.engine == Engine::sqlite) return "SQLite " + settings.sqlite.path;
    std::string text = "MariaDB " + settings.mariadb.database + " on ";
    for (const std::string& host : settings.mariadb.hosts)
        text += (&host == settings.mariadb.hosts.data() ? "" : ", ") + host;
    return text;
}

Result<std::unique_ptr<Directory>> open_directory(const DatabaseSettings& settings) {
    return open_directory(settings, {});
}

Result<std::unique_ptr<Directory>> open_directory(const DatabaseSettings& settings, const std::string& host) {
    Result<std::unique_ptr<Connection>> connection = connect(settings, host);
    if (!connection) return fail(connection.error());
    if (settings.directory.tables == Tables::posthouse) {
        if (const Result<> checked = check_schema(**connection); !checked) return fail(checked.error());
    }
    return make_sql_directory(std::move(*connection), settings.directory);
}

bool is_lost(const DatabaseSettings& settings) {
    std::error_code error;
    if (settings.engine != Engine::sqlite || settings.mail_root.empty()) return false;
    if (std::filesystem::exists(settings.sqlite.path, error) || error) return false;
    const std::filesystem::directory_iterator mail(settings.mail_root, error);
    return !error && mail != std::filesystem::directory_iterator();
}

Result<std::unique_ptr<Directory>> create_directory(const DatabaseSettings& settings) {
    if (is_lost(settings))
        return fail(ErrorCode::unavailable,
                    "The database is missing, though there is mail: put it back from a backup, or make "
                    "an empty one with posthouse db init");
    if (settings.engine == Engine::mariadb || settings.directory.tables == Tables::foreign)
        return open_directory(settings);
    return create_sqlite_directory(settings.sqlite, settings.directory);
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
    if (settings.engine == Engine::sqlite) {
        const Result<std::unique_ptr<Directory>> made = create_sqlite_directory(settings.sqlite);
        return made ? Result<>() : Result<>(fail(made.error()));
    }
    const Result<std::unique_ptr<Connection>> connection = connect(patient(settings));
    if (!connection) return fail(connection.error());
    return migrate(**connection);
}

Result<> migrate_database(const DatabaseSettings& settings) {
    const Result<std::unique_ptr<Connection>> connection = connect(patient(settings));
    if (!connection) return fail(connection.error());
    const Result<std::int64_t> version = read_schema_version(**connection);
    if (!version) return fail(version.error());
    if (*version == 0) return check_schema(**connection);
    return migrate(**connection);
}

}  // namespace posthouse::auth
