// The directory in an SQLite database: its file.
#include "auth/directory/sqlite_directory.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "auth/directory/schema.h"
#include "auth/directory/sql_directory.h"
#include "auth/directory/sqlite.h"
#include "lib/base/file.h"

namespace posthouse::auth {
namespace {

// Made by us first, so that it has its mode and owner before a secret is in it. SQLite gives its -wal and -shm files
// the same.
Result<> make_file(const std::string& path) {
    Result<UniqueFd> file = open_file(path, O_RDWR | O_CREAT | O_EXCL, 0600);
    if (!file && file.error().code == ErrorCode::exists) return {};
    if (!file) return fail(file.error().code, "Cannot create the directory database", file.error().detail);
    if (::geteuid() != 0) return {};
    const std::string folder = std::filesystem::path(path).parent_path().string();
    struct stat status{};
    if (::stat(folder.empty() ? "." : folder.c_str(), &status) != 0) return fail_errno("stat " + folder, errno);
    if (::fchown(file->get(), status.st_uid, status.st_gid) != 0) return fail_errno("chown " + path, errno);
    return {};
}

}  // namespace

Result<std::unique_ptr<Connection>> connect_sqlite(const SqliteSettings& settings) {
    Result<std::unique_ptr<SqliteConnection>> connection =
        SqliteConnection::open(settings.path, SqliteConnection::Open::existing, settings.busy_timeout_ms);
    if (!connection) return fail(connection.error());
    // A commit that was answered survives power loss.
    if (const Result<> set = (*connection)->execute("PRAGMA synchronous = FULL"); !set) return fail(set.error());
    return std::move(*connection);
}

Result<std::unique_ptr<Directory>> open_sqlite_directory(const SqliteSettings& settings) {
    Result<std::unique_ptr<Connection>> connection = connect_sqlite(settings);
    if (!connection) return fail(connection.error());
    if (const Result<> checked = check_schema(**connection); !checked) return fail(checked.error());
    return make_sql_directory(std::move(*connection));
}

Result<std::unique_ptr<Directory>> create_sqlite_directory(const SqliteSettings& settings,
                                                           const SqlDirectorySettings& directory) {
    if (const Result<> made = make_file(settings.path); !made) return fail(made.error());
    Result<std::unique_ptr<Connection>> connection = connect_sqlite(settings);
    if (!connection) return fail(connection.error());
    // Only before the schema exists: a database in use keeps the mode it has.
    if (const Result<std::int64_t> version = (*connection)->query_number("PRAGMA user_version");
        version && *version == 0) {
        if (const Result<> set = (*connection)->execute("PRAGMA journal_mode = WAL"); !set) return fail(set.error());
    }
    if (const Result<> migrated = migrate(**connection); !migrated) return fail(migrated.error());
    return make_sql_directory(std::move(*connection), directory);
}

}  // namespace posthouse::auth
