// The directory that the configuration names.
#include "cli/open_directory.h"

#include <algorithm>
#include <chrono>

#include "auth/directory/address.h"

namespace posthouse::cli {
namespace {

constexpr std::chrono::milliseconds patience{60'000};

}  // namespace

Result<auth::DatabaseSettings> database(const Context& context) {
    const Result<config::Snapshot> config = context.config();
    if (!config) return fail(config.error());
    Result<auth::DatabaseSettings> settings = auth::database_settings(**config);
    if (!settings) return settings;
    // A person waits longer than a log-in, and an import or a long list takes its time.
    settings->mariadb.query_timeout = std::max(settings->mariadb.query_timeout, patience);
    return settings;
}

auth::LocalPart local_part(const Context& context) {
    const Result<config::Snapshot> config = context.config();
    return config ? auth::local_part_setting(**config) : auth::LocalPart::ignore_case;
}

Result<std::string> wanted_domain(const std::string& word) {
    return word.empty() ? Result<std::string>(word) : auth::canonical_domain(word);
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
