// The schema of the directory's database: its version, and how an older one becomes the present one.
#pragma once

#include <cstdint>

#include "auth/directory/connection.h"

namespace posthouse::auth {

/// The version that this program reads and writes.
std::int64_t schema_version();

/// The version that the database has, kept in SQLite's user_version and in MariaDB's table posthouse_schema; 0: it has
/// no tables of ours.
Result<std::int64_t> read_schema_version(Connection& connection);

/// Brings the database to schema_version(): an empty one is filled, an older one is changed. With SQLite in one
/// transaction; with MariaDB, whose CREATE and ALTER commit by themselves, in steps each of which can be begun again:
/// whatever cut it short, running it once more goes on. Two at once wait for each other. Errors: unsupported (a newer
/// version, or the tables of another program); unavailable; no_space.
Result<> migrate(Connection& connection);

/// Checks that the database has schema_version(). Errors: as migrate; unsupported for an older version too; not_found
/// when there are no tables of ours.
Result<> check_schema(Connection& connection);

}  // namespace posthouse::auth
