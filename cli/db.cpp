// posthouse db init|migrate|status
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/open_directory.h"
#include "cli/output.h"

namespace posthouse::cli {
namespace {

std::string numbered(std::int64_t version) { return "schema version " + std::to_string(version); }

Exit init(Context& context) {
    const Result<auth::DatabaseSettings> settings = database(context);
    if (!settings) return report(context, settings.error());
    if (const Result<> made = auth::init_database(*settings); !made) return report(context, made.error());
    const Result<auth::SchemaStatus> status = auth::schema_status(*settings);
    if (!status) return report(context, status.error());
    return done(context, "Made the tables in " + auth::describe(*settings) + ", " + numbered(status->version) + ".",
                {{"database", auth::describe(*settings)}, {"version", status->version}});
}

Exit migrate(Context& context) {
    const Result<auth::DatabaseSettings> settings = database(context);
    if (!settings) return report(context, settings.error());
    const Result<auth::SchemaStatus> before = auth::schema_status(*settings);
    if (!before) return report(context, before.error());
    if (const Result<> done = auth::migrate_database(*settings); !done) return report(context, done.error());
    const Result<auth::SchemaStatus> after = auth::schema_status(*settings);
    if (!after) return report(context, after.error());
    const std::string sentence =
        before->version == after->version
            ? "Nothing to do: " + auth::describe(*settings) + " has " + numbered(after->version) + "."
            : "Migrated " + auth::describe(*settings) + " from " + numbered(before->version) + " to " +
                  std::to_string(after->version) + ".";
    return done(context, sentence,
                {{"database", auth::describe(*settings)}, {"from", before->version}, {"to", after->version}});
}

std::string verdict(const auth::SchemaStatus& status) {
    if (status.version == 0) return "has no tables yet: posthouse db init";
    if (status.version == status.known) return "has " + numbered(status.version) + ", as this program needs";
    if (status.version < status.known) return "has " + numbered(status.version) + ": posthouse db migrate";
    return "has " + numbered(status.version) + ", which is newer than this program knows (" +
           std::to_string(status.known) + ")";
}

Exit status(Context& context) {
    const Result<auth::DatabaseSettings> settings = database(context);
    if (!settings) return report(context, settings.error());
    const Result<auth::SchemaStatus> status = auth::schema_status(*settings);
    if (!status) return report(context, status.error());
    done(context, auth::describe(*settings) + ' ' + verdict(*status) + '.',
         {{"database", auth::describe(*settings)}, {"version", status->version}, {"known", status->known}});
    if (status->version == 0) return Exit::not_found;
    return status->version == status->known ? Exit::ok : Exit::config;
}

}  // namespace

void add_db_commands(CLI::App& app, Context& context) {
    CLI::App* group = add_group(app, "db", "The database of the directory: domains, users, aliases");
    add_command(*group, context, "init", "Make the tables", "db init", [&context] { return init(context); });
    add_command(*group, context, "migrate", "Bring the tables of an older version to the present one", "db migrate",
                [&context] { return migrate(context); });
    add_command(*group, context, "status", "Show the version of the tables (exit code 3: none, 6: another one)",
                "db status", [&context] { return status(context); });
}

}  // namespace posthouse::cli
