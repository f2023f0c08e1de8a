// posthouse db init|migrate|status|grants|audit
#include <CLI/Option.hpp>
#include <CLI/Validators.hpp>
#include <nlohmann/json.hpp>
#include <ostream>

#include "auth/directory/grants.h"
#include "cli/command.h"
#include "cli/open_directory.h"
#include "cli/output.h"
#include "cli/table.h"

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

std::string verdict(const auth::SchemaStatus& status, bool is_lost) {
    if (is_lost) return "is missing, though there is mail: put it back from a backup";
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
    done(context, auth::describe(*settings) + ' ' + verdict(*status, auth::is_lost(*settings)) + '.',
         {{"database", auth::describe(*settings)}, {"version", status->version}, {"known", status->known}});
    if (status->version == 0) return Exit::not_found;
    return status->version == status->known ? Exit::ok : Exit::config;
}

struct Options {
    auth::GrantSettings grants{.reader = "posthouse_read", .reader_password_file = {}, .from = "localhost"};
    bool apply = false;
    std::string administrator = "root";
    std::string administrator_password_file;
    std::string about;
    std::size_t last = 100;
};

Exit grants(Context& context, const Options& options) {
    const Result<auth::DatabaseSettings> settings = database(context);
    if (!settings) return report(context, settings.error());
    if (settings->engine != auth::Engine::mariadb)
        return report(context,
                      {ErrorCode::unsupported, "SQLite has no users: whoever may read its file may read all", {}});
    const Result<std::vector<std::string>> statements = auth::grant_statements(settings->mariadb, options.grants);
    if (!statements) return report(context, statements.error());
    if (!options.apply) {
        if (context.json)
            print_json(context, {{"statements", *statements}});
        else
            for (const std::string& statement : *statements) context.out << statement << ";\n";
        return Exit::ok;
    }
    auth::MariadbSettings administrator = settings->mariadb;
    administrator.user = options.administrator;
    administrator.password_file = options.administrator_password_file;
    if (const Result<> applied = auth::apply_grants(administrator, *statements); !applied)
        return report(context, applied.error());
    return done(context, "Made the database and its users on " + auth::describe(*settings) + ".",
                {{"database", auth::describe(*settings)}, {"statements", statements->size()}});
}

Exit audit(Context& context, const Options& options) {
    Result<std::unique_ptr<auth::Directory>> directory = open_directory(context);
    if (!directory) return report(context, directory.error());
    const Result<std::vector<auth::AuditEntry>> entries = (*directory)->audit(options.about, options.last);
    if (!entries) return report(context, entries.error());
    if (context.json) {
        nlohmann::json rows = nlohmann::json::array();
        for (const auto& entry : *entries)
            rows.push_back({{"at", entry.at},
                            {"actor", entry.actor},
                            {"action", entry.action},
                            {"subject", entry.subject},
                            {"details", entry.details}});
        print_json(context, rows);
        return Exit::ok;
    }
    Table table({"WHEN", "WHO", "WHAT", "ABOUT", "DETAILS"});
    for (const auto& entry : *entries)
        table.add({format_time(entry.at), entry.actor, entry.action, entry.subject, entry.details});
    table.print_or("Nothing was changed.", context.out);
    return Exit::ok;
}

}  // namespace

void add_db_commands(CLI::App& app, Context& context) {
    CLI::App* group = add_group(app, "db", "The database of the directory: domains, users, aliases");
    add_command(*group, context, "init", "Make the tables, where there are none yet", "db init",
                [&context] { return init(context); });
    add_command(*group, context, "migrate", "Bring the tables of an older version to the present one", "db migrate",
                [&context] { return migrate(context); });
    add_command(*group, context, "status", "Show the version of the tables (exit code 3: none, 6: another one)",
                "db status", [&context] { return status(context); });

    auto options = std::make_shared<Options>();
    CLI::App* command =
        add_command(*group, context, "grants", "Print the SQL that makes MariaDB's database and users, or run it",
                    "db grants | mariadb", [&context, options] { return grants(context, *options); });
    command->add_option("--reader", options->grants.reader, "User who only reads")
        ->type_name("USER")
        ->capture_default_str();
    command
        ->add_option("--reader-password-file", options->grants.reader_password_file,
                     "File whose first line is the reader's password; without it the reader logs in by the Unix socket")
        ->type_name("FILE");
    command->add_option("--from", options->grants.from, "Host that both users connect from; %: any")
        ->type_name("HOST")
        ->capture_default_str();
    command->add_flag("--apply", options->apply, "Run it on the server (section [directory]) instead of printing it");
    command->add_option("--as", options->administrator, "MariaDB user to run it as, with --apply")
        ->type_name("USER")
        ->capture_default_str();
    command
        ->add_option("--as-password-file", options->administrator_password_file,
                     "File whose first line is that user's password; without it the Unix socket decides")
        ->type_name("FILE");

    command = add_command(*group, context, "audit", "Show who changed what, the latest first",
                          "db audit --about joe@example.org", [&context, options] { return audit(context, *options); });
    command->add_option("--about", options->about, "Only of this address or domain")->type_name("NAME");
    command->add_option("--last", options->last, "So many entries")
        ->type_name("N")
        ->capture_default_str()
        ->check(CLI::Range(1, 1000000));
}

}  // namespace posthouse::cli
