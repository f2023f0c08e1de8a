// The directory in an SQLite database.
#pragma once

#include <memory>
#include <string>

#include "auth/directory/connection.h"
#include "auth/directory/directory.h"
#include "auth/directory/sql_directory.h"

namespace posthouse::auth {

struct SqliteSettings {
    std::string path;
    std::int64_t busy_timeout_ms = 5000;  ///< how long an operation waits for another process that writes
};

/// A connection, before anything is known of the schema. Errors: unavailable (missing, unreadable).
Result<std::unique_ptr<Connection>> connect_sqlite(const SqliteSettings& settings);
/// Opens an existing database. Errors: unavailable (missing, unreadable, damaged), unsupported (another schema
/// version); not_found (no tables of ours).
Result<std::unique_ptr<Directory>> open_sqlite_directory(const SqliteSettings& settings);
/// Opens the database, made when it is missing (mode 0600, its folder's owner when run by root), and brings it to the
/// present schema version. Write-ahead logging, so that readers and one writer don't wait for each other.
Result<std::unique_ptr<Directory>> create_sqlite_directory(const SqliteSettings& settings,
                                                           const SqlDirectorySettings& directory = {});

}  // namespace posthouse::auth
