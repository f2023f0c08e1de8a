// The directory that the configuration names.
#include "cli/open_directory.h"

#include "auth/directory/sqlite_directory.h"

namespace posthouse::cli {
namespace {

Result<auth::SqliteSettings> settings(const Context& context) {
    const Result<config::Snapshot> config = context.config();
    if (!config) return fail(config.error());
    return auth::SqliteSettings{(*config)->directory.sqlite, (*config)->directory.busy_timeout.count()};
}

}  // namespace

Result<std::unique_ptr<auth::Directory>> open_directory(const Context& context) {
    const Result<auth::SqliteSettings> where = settings(context);
    if (!where) return fail(where.error());
    return auth::open_sqlite_directory(*where);
}

Result<std::unique_ptr<auth::Directory>> create_directory(const Context& context) {
    const Result<auth::SqliteSettings> where = settings(context);
    if (!where) return fail(where.error());
    return auth::create_sqlite_directory(*where);
}

}  // namespace posthouse::cli
