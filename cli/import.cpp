// posthouse import json|passwd-file|postfixadmin|mailcow
#include <CLI/Option.hpp>
#include <CLI/Validators.hpp>
#include <functional>
#include <istream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>

#include "auth/directory/mariadb.h"
#include "auth/directory/sqlite_directory.h"
#include "cli/change.h"
#include "cli/command.h"
#include "cli/directory_import.h"
#include "cli/foreign_tables.h"
#include "cli/open_directory.h"
#include "cli/output.h"
#include "cli/passwd_file.h"
#include "cli/password_input.h"
#include "cli/sessions.h"
#include "cli/table.h"
#include "lib/base/file.h"
#include "lib/base/secret.h"

namespace posthouse::cli {
namespace {

constexpr std::size_t max_file = std::size_t{1} << 30;  // several million users
constexpr std::size_t max_remarks = ImportReport::max_told;

struct Options {
    std::string file;
    bool dry_run = false;
    bool update = false;
    bool add_domains = false;
    std::string domain;
    std::string scheme = "CRYPT";
    auth::MariadbSettings server;
    std::string tls = "off";
    std::string sqlite;
};

/// What is done about rows that can't be taken.
enum class Faulty { refuse_all, leave_out };

Result<std::string> read_input(Context& context, const std::string& path) {
    if (path != "-") return read_file(path, max_file);
    std::string text{std::istreambuf_iterator<char>(context.in), {}};
    if (text.size() > max_file) return fail(ErrorCode::limit, "More than 1 GiB to import");
    return text;
}

nlohmann::json to_json(const ImportReport& report, const Remarks& remarks, const Options& options) {
    nlohmann::json kinds = nlohmann::json::object();
    for (const auto& [kind, counts] : report.kinds) {
        kinds[kind] = {{"added", counts.added},
                       {"changed", counts.changed},
                       {"unchanged", counts.unchanged},
                       {"kept", counts.kept}};
    }
    return {{"dry_run", options.dry_run},
            {"rows", kinds},
            {"kept", report.kept},
            {"problems", report.problems},
            {"problem_count", report.problem_count},
            {"remarks", remarks}};
}

void tell(std::ostream& err, const Remarks& lines, std::size_t count, const std::string& before) {
    for (std::size_t i = 0; i < lines.size() && i < max_remarks; ++i) err << before << printable(lines[i]) << '\n';
    if (count > max_remarks) err << before << count - max_remarks << " more\n";
}

void print(Context& context, const ImportReport& report, const Remarks& remarks) {
    tell(context.err, remarks, remarks.size(), "Note: ");
    tell(context.err, report.problems, report.problem_count, "Not taken: ");
    std::size_t kept = 0;
    Table table({"", "ADDED", "CHANGED", "UNCHANGED", "KEPT"});
    for (const auto& [kind, counts] : report.kinds) {
        kept += counts.kept;
        table.add({kind, std::to_string(counts.added), std::to_string(counts.changed), std::to_string(counts.unchanged),
                   std::to_string(counts.kept)});
    }
    tell(context.err, report.kept, kept, "Kept as it is (--update would change it): ");
    table.print(context.out);
}

/// Puts the document into the directory, as one transaction.
Exit import(Context& context, const DirectoryDocument& document, const Remarks& remarks, Faulty faulty,
            const Options& options) {
    Result<Change> change = Change::begin(context);
    if (!change) return report(context, change.error());
    ImportReport result;
    const Result<> done = import_document(change->directory(), document, options.update, result);
    if (!done) return report(context, done.error());
    if (result.problem_count > 0 && faulty == Faulty::refuse_all) {
        std::string text;
        for (const std::string& problem : result.problems) text += problem + '\n';
        return report(context, {ErrorCode::invalid, text + "Nothing was imported", {}});
    }
    if (result.changes() && !options.dry_run) {
        std::string details;
        for (const auto& [kind, counts] : result.kinds)
            details += (details.empty() ? "" : ", ") + std::to_string(counts.added + counts.changed) + ' ' + kind;
        if (const Result<> kept = change->commit("directory.import", {}, details); !kept)
            return report(context, kept.error());
        if (!result.deprived.empty()) end_sessions(context, {result.deprived.begin(), result.deprived.end()});
    }
    // What was left out is for somebody to look at, though the rest is done.
    const Exit exit = result.problem_count > 0 ? Exit::failure : Exit::ok;
    if (context.json) {
        print_json(context, to_json(result, remarks, options));
        return exit;
    }
    print(context, result, remarks);
    if (options.dry_run)
        context.out << "Nothing was changed: this was a dry run.\n";
    else
        context.out << (result.changes() ? "Imported.\n" : "Nothing was to be changed.\n");
    return exit;
}

Exit import_json(Context& context, const Options& options) {
    Result<std::string> text = read_input(context, options.file);
    if (!text) return report(context, text.error());
    const Result<DirectoryDocument> document =
        parse_document(*text, local_part(context), password_settings(context).default_scheme);
    wipe(*text);
    if (!document) return report(context, document.error());
    return import(context, *document, {}, Faulty::refuse_all, options);
}

Exit import_passwd_file(Context& context, const Options& options) {
    Result<std::string> text = read_input(context, options.file);
    if (!text) return report(context, text.error());
    PasswdFileOptions how{{}, options.scheme, local_part(context)};
    if (!options.domain.empty()) {
        const Result<std::string> domain = auth::canonical_domain(options.domain);
        if (!domain) return report(context, domain.error());
        how.domain = *domain;
    }
    Remarks remarks;
    DirectoryDocument document = parse_passwd_file(*text, how, remarks);
    wipe(*text);
    if (!options.add_domains) document.domains.clear();
    return import(context, document, remarks, Faulty::leave_out, options);
}

Result<std::unique_ptr<auth::Connection>> connect(const Options& options) {
    if (!options.sqlite.empty()) return auth::connect_sqlite({options.sqlite});
    auth::MariadbSettings settings = options.server;
    if (options.tls == "required") settings.tls = auth::MariadbSettings::Tls::required;
    if (options.tls == "verified") settings.tls = auth::MariadbSettings::Tls::verified;
    settings.query_timeout = std::chrono::minutes(10);
    return auth::MariadbConnection::open(settings, settings.hosts.front());
}

using Read = Result<DirectoryDocument> (*)(auth::Connection&, auth::LocalPart, Remarks&);

Exit import_tables(Context& context, const Options& options, Read read) {
    const Result<std::unique_ptr<auth::Connection>> connection = connect(options);
    if (!connection) return report(context, connection.error());
    Remarks remarks;
    const Result<DirectoryDocument> document = read(**connection, local_part(context), remarks);
    if (!document) return report(context, document.error());
    return import(context, *document, remarks, Faulty::leave_out, options);
}

void add_common_options(CLI::App& command, Options& options) {
    command.add_flag("--dry-run", options.dry_run, "Only say what would be done");
    command.add_flag("--update", options.update, "Change what is there otherwise; without it that is kept");
}

void add_tables_command(CLI::App& group, Context& context, const std::string& name, const std::string& program,
                        Read read) {
    auto options = std::make_shared<Options>();
    options->server.hosts = {"/run/mysqld/mysqld.sock"};
    options->server.database = name == "mailcow" ? "mailcow" : "postfix";
    options->server.user = options->server.database;
    CLI::App* command =
        add_command(group, context, name, "Take over the database of " + program + ", which is only read",
                    "import " + name + " --host db.example.org --password-file /root/db.password --dry-run",
                    [&context, options, read] { return import_tables(context, *options, read); });
    CLI::Option* sqlite = command->add_option("--sqlite", options->sqlite, "An SQLite database, instead of MariaDB");
    sqlite->type_name("FILE");
    command->add_option("--host", options->server.hosts.front(), "MariaDB server: host, host:port, or path of a socket")
        ->type_name("HOST")
        ->capture_default_str()
        ->excludes(sqlite);
    command->add_option("--database", options->server.database, "Its database")
        ->type_name("NAME")
        ->capture_default_str();
    command->add_option("--user", options->server.user, "User to log in with")
        ->type_name("USER")
        ->capture_default_str();
    command
        ->add_option("--password-file", options->server.password_file,
                     "File whose first line is that user's password; without it there is none")
        ->type_name("FILE");
    command
        ->add_option("--tls", options->tls,
                     "TLS to the server: none, required, or with its certificate and name checked")
        ->type_name("LEVEL")
        ->capture_default_str()
        ->check(CLI::IsMember({"off", "required", "verified"}));
    add_common_options(*command, *options);
}

}  // namespace

void add_import_commands(CLI::App& app, Context& context) {
    CLI::App* group = add_group(app, "import", "Take over domains, users and aliases, as one change");
    auto options = std::make_shared<Options>();

    CLI::App* command = add_command(*group, context, "json", "Import what posthouse export wrote: all of it or nothing",
                                    "import json directory.json --dry-run",
                                    [&context, options] { return import_json(context, *options); });
    command->add_option("file", options->file, "The file; - is standard input")->required();
    add_common_options(*command, *options);

    command = add_command(*group, context, "passwd-file", "Import users from a passwd-file of Dovecot",
                          "import passwd-file /etc/dovecot/users --domain example.org --add-domains",
                          [&context, options] { return import_passwd_file(context, *options); });
    command->add_option("file", options->file, "The file; - is standard input")->required();
    command->add_option("--domain", options->domain, "Domain of users whose name has none")->type_name("DOMAIN");
    command->add_option("--scheme", options->scheme, "Scheme of passwords that name none")
        ->type_name("SCHEME")
        ->capture_default_str();
    command->add_flag("--add-domains", options->add_domains, "Add the users' domains that are missing");
    add_common_options(*command, *options);

    add_tables_command(*group, context, "postfixadmin", "PostfixAdmin", read_postfixadmin);
    add_tables_command(*group, context, "mailcow", "mailcow", read_mailcow);
}

}  // namespace posthouse::cli
