// The directory that the configuration names.
#include "cli/open_directory.h"

namespace posthouse::cli {

Result<auth::DatabaseSettings> database(const Context& context) {
    const Result<config::Snapshot> config = context.config();
    if (!config) return fail(config.error());
    return auth::database_settings(**config);
}

Result<std::unique_ptr<auth::Directory>> open_directory(const Context& context) {
    const Result<auth::DatabaseSettings> where = database(context);
    if (!where) return fail(where.error());
    return auth::open_directory(*where);
}

Result<std::unique_ptr<auth::Directory>> create_directory(const Context& context) {
    const Result<auth::DatabaseSettings> where = database(context);
    if (!where) return fail(where.error());
    return auth::create_directory(*where);
}

}  // namespace posthouse::cli
