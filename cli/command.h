// What every subcommand of `posthouse` shares: its context, its exit codes, and how a group of commands is added.
#pragma once

#include <CLI/App.hpp>
#include <functional>
#include <iosfwd>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/config/config.h"

namespace posthouse::cli {

/// What scripts learn from a command; `posthouse --help` lists them.
enum class Exit : int {
    ok = 0,
    failure = 1,      ///< anything without a code of its own
    usage = 2,        ///< the command line, or the rows given, are wrong
    not_found = 3,    ///< no such domain, user, alias, mailbox
    exists = 4,       ///< already there
    unavailable = 5,  ///< a part (database, daemon) is away: try again later
    config = 6,       ///< the configuration is wrong
    declined = 7,     ///< the question was answered with no, or could not be asked
};

/// One run of the program.
struct Context {
    std::string config_path;  ///< from --config, POSTHOUSE_CONFIG or the default
    bool json = false;        ///< --json: one JSON document on `out`
    bool yes = false;         ///< --yes: no questions
    std::string version;      ///< of this program
    std::istream& in;
    std::ostream& out;  ///< results only
    std::ostream& err;  ///< errors, questions, progress
    Exit exit = Exit::ok;

    /// The configuration; its problems are the error's text, one per line (`invalid`).
    Result<config::Snapshot> config() const;
};

/// The code for an error.
Exit exit_code(const Error& error);
/// Says `posthouse: <error>` on err (with --json: {"error": …} on out) and gives its code.
Exit report(Context& context, const Error& error);

/// Adds a command that runs `action`. `example` is shown by its --help, without the leading "posthouse ".
CLI::App* add_command(CLI::App& parent, Context& context, const std::string& name, const std::string& description,
                      const std::string& example, std::function<Exit()> action);
/// Adds a group, such as `domain`, that needs one of its commands.
CLI::App* add_group(CLI::App& parent, const std::string& name, const std::string& description);

/// Asks `question` on err and reads the answer from in. Exit::ok: yes. Without a terminal and without --yes it
/// refuses, so that no script deletes by accident.
Exit confirm(Context& context, const std::string& question);

/// Every group of commands; main.cpp calls them all.
void add_domain_commands(CLI::App& app, Context& context);
void add_user_commands(CLI::App& app, Context& context);
void add_app_password_commands(CLI::App& app, Context& context);
void add_alias_commands(CLI::App& app, Context& context);
void add_list_commands(CLI::App& app, Context& context);
void add_address_commands(CLI::App& app, Context& context);
void add_grant_commands(CLI::App& app, Context& context);
void add_transport_commands(CLI::App& app, Context& context);
void add_db_commands(CLI::App& app, Context& context);
void add_acl_commands(CLI::App& app, Context& context);
void add_metadata_commands(CLI::App& app, Context& context);
void add_export_command(CLI::App& app, Context& context);
void add_import_commands(CLI::App& app, Context& context);
void add_config_commands(CLI::App& app, Context& context);
void add_mailbox_commands(CLI::App& app, Context& context);
void add_auth_commands(CLI::App& app, Context& context);
void add_queue_commands(CLI::App& app, Context& context);
void add_quota_commands(CLI::App& app, Context& context);
void add_session_commands(CLI::App& app, Context& context);
void add_status_command(CLI::App& app, Context& context);
void add_trace_command(CLI::App& app, Context& context);
void add_completion_commands(CLI::App& app, Context& context);

/// The whole program: parses, runs, returns the exit code.
int run(int argc, const char* const* argv, Context& context);

}  // namespace posthouse::cli
