// The directory's database as the configuration names it: opening, making, migrating it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "auth/directory/connection.h"
#include "auth/directory/directory.h"
#include "auth/directory/mariadb.h"
#include "auth/directory/sql_directory.h"
#include "auth/directory/sqlite_directory.h"
#include "lib/config/config.h"

namespace posthouse::auth {

struct DatabaseSettings {
    Engine engine = Engine::sqlite;
    SqliteSettings sqlite;
    MariadbSettings mariadb;
    SqlDirectorySettings directory;
    std::string mail_root;  ///< where the mail of its users lies
};

/// Of section [directory]. Errors: invalid (a query).
Result<DatabaseSettings> database_settings(const config::Config& config);
/// Of the same section: how addresses are compared.
LocalPart local_part_setting(const config::Config& config);
/// The engine and where the database is, for people.
std::string describe(const DatabaseSettings& settings);

/// Opens an existing database; of several MariaDB servers the first that serves. Errors: unavailable (away, missing,
/// unreadable, damaged); not_found (without tables); unsupported (another schema version).
Result<std::unique_ptr<Directory>> open_directory(const DatabaseSettings& settings);
/// Opens it on one of the MariaDB servers.
Result<std::unique_ptr<Directory>> open_directory(const DatabaseSettings& settings, const std::string& host);
/// The SQLite database is missing, though there is mail: a disk that is not mounted, a wrong path, an accident. An empty
/// one in its place would refuse everybody's mail for good.
bool is_lost(const DatabaseSettings& settings);
/// Opens it to change something. A missing SQLite database is made, unless it is lost (unavailable), and an older one
/// migrated; MariaDB's must be ready.
Result<std::unique_ptr<Directory>> create_directory(const DatabaseSettings& settings);

struct SchemaStatus {
    std::int64_t version = 0;  ///< 0: no tables yet
    std::int64_t known = 0;    ///< what this program needs
};
/// Errors: unavailable.
Result<SchemaStatus> schema_status(const DatabaseSettings& settings);
/// Makes the tables. Errors: exists; unsupported (tables of another program); unavailable.
Result<> init_database(const DatabaseSettings& settings);
/// Brings an older schema to the present version, or ends a migration that was cut short. Errors: not_found (no tables
/// yet); unsupported (a newer version); unavailable.
Result<> migrate_database(const DatabaseSettings& settings);

}  // namespace posthouse::auth
