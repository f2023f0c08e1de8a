// What every subcommand of `posthouse` shares: its context, its exit codes, and how a group of commands is added.
#pragma once

#include <CLI/App.hpp>
#include <functional>
#include <iosfwd>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/config/config.h"

namespace posthouse::cli {

/// What scripts learn from a command; exit_codes() says what each means.
enum class Exit : int {
    ok = 0,
    failure = 1,
    usage = 2,
    not_found = 3,
    exists = 4,
    unavailable = 5,
    config = 6,
    declined = 7,
};

struct ExitCode {
    Exit code;
    std::string_view word;     ///< for `posthouse --help`: "not found"
    std::string_view meaning;  ///< for posthouse(8), a sentence
};
/// All of them, by number.
std::span<const ExitCode> exit_codes();

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

/// A command, or a group of commands, with what its help and its manual page say beside its options.
class Command : public CLI::App {
  public:
    Command(const std::string& name, const std::string& description) : CLI::App(description, name) {}

    /// Command lines without the leading "posthouse ". A group without any shows those of its first command.
    std::vector<std::string> examples;
    /// Further sentences.
    std::string note;
};

/// Adds a command that runs `action`. `examples` are its examples, one on a line.
Command* add_command(CLI::App& parent, Context& context, const std::string& name, const std::string& description,
                     const std::string& examples, std::function<Exit()> action);
/// Adds a group, such as `domain`, that needs one of its commands.
Command* add_group(CLI::App& parent, const std::string& name, const std::string& description);
/// The commands and groups below, without hidden ones.
std::vector<const Command*> commands_of(const CLI::App& parent);

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
void add_limits_commands(CLI::App& app, Context& context);
void add_queue_commands(CLI::App& app, Context& context);
void add_tls_report_commands(CLI::App& app, Context& context);
void add_quota_commands(CLI::App& app, Context& context);
void add_session_commands(CLI::App& app, Context& context);
void add_status_command(CLI::App& app, Context& context);
void add_trace_command(CLI::App& app, Context& context);
void add_completion_commands(CLI::App& app, Context& context);

/// The tree of all commands. `context` must outlive it.
std::unique_ptr<CLI::App> make_app(Context& context);

/// The whole program: parses, runs, returns the exit code.
int run(int argc, const char* const* argv, Context& context);

}  // namespace posthouse::cli
