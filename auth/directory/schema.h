// The schema of the SQLite directory and its versions.
#pragma once

#include "auth/directory/sqlite.h"

namespace posthouse::auth {

/// The version that this program reads and writes; kept in SQLite's user_version.
std::int64_t schema_version();

/// Brings the database to schema_version(), in one transaction: an empty one is filled, an older one is changed.
/// Errors: unsupported (a newer version, or the tables of another program); unavailable; no_space.
Result<> migrate(SqliteConnection& connection);
/// Checks that the database has schema_version(). Errors: as migrate; unsupported for an older version too.
Result<> check_schema(SqliteConnection& connection);

}  // namespace posthouse::auth
