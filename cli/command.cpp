// The frame of the command line: options that all commands have, errors, questions.
#include "cli/command.h"

#include <unistd.h>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <array>
#include <cstdlib>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "cli/output.h"
#include "cli/table.h"
#include "lib/base/ascii.h"
#include "lib/config/load.h"
#include "lib/config/nearest.h"

namespace posthouse::cli {
namespace {

constexpr std::array exit_code_table = {
    ExitCode{Exit::ok, "done", "Done."},
    ExitCode{Exit::failure, "failed", "Failed, for a reason without a code of its own."},
    ExitCode{Exit::usage, "wrong usage", "The command line, or the rows given, are wrong."},
    ExitCode{Exit::not_found, "not found", "There is no such domain, user, alias, mailbox or message."},
    ExitCode{Exit::exists, "exists already", "It is there already."},
    ExitCode{Exit::unavailable, "unavailable (try again later)",
             "The database or a daemon that is needed is away; try again later."},
    ExitCode{Exit::config, "wrong configuration", "The configuration is wrong, or excludes what was asked for."},
    ExitCode{Exit::declined, "declined", "The question was answered with no, or could not be asked (see --yes)."},
};

/// "Exit codes: 0 done, 1 failed, …", and an example.
std::string footer() {
    std::string text = "Exit codes:";
    for (const ExitCode& one : exit_code_table) {
        if (one.code == Exit::config) text += "\n           ";
        text += ' ' + std::to_string(static_cast<int>(one.code)) + ' ' + std::string(one.word) +
                (one.code == exit_code_table.back().code ? "." : ",");
    }
    return text + "\n\nExample: posthouse domain add example.org\nManual:  man posthouse, man posthouse-COMMAND";
}

/// A word where a command's name belongs and that is none's, with the nearest that is. Nothing: something else is
/// wrong.
std::optional<std::string> unknown_command(const CLI::App& app, const std::vector<std::string>& words) {
    const CLI::App* at = &app;
    std::string path;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const std::string& word = words[i];
        if (word == "--config") ++i;  // the one option with a value that all have
        if (word.starts_with('-')) continue;
        std::vector<std::string_view> names;
        const CLI::App* next = nullptr;
        for (const CLI::App* command : at->get_subcommands([](const CLI::App*) { return true; })) {
            if (command->get_name() == word) next = command;
            if (!command->get_name().starts_with("__")) names.emplace_back(command->get_name());
        }
        if (names.empty() && next == nullptr) return std::nullopt;  // the words of a command
        path += (path.empty() ? "" : " ") + word;
        if (next == nullptr) return "Unknown command \"" + path + "\"" + config::nearest_hint(word, names);
        at = next;
    }
    return std::nullopt;
}

/// Every command's help ends in its examples and its note.
void write_footers(CLI::App& parent) {
    for (CLI::App* app : parent.get_subcommands([](const CLI::App*) { return true; })) {
        write_footers(*app);
        auto* command = dynamic_cast<Command*>(app);
        if (command == nullptr) continue;
        const std::vector<const Command*> below = commands_of(*command);
        if (command->examples.empty() && !below.empty()) command->examples = {below.front()->examples.front()};
        std::string text;
        for (const std::string& example : command->examples)
            text += (text.empty() ? "Example: posthouse " : "\n         posthouse ") + example;
        if (!command->note.empty()) text += "\n\n" + command->note;
        command->footer(text);
    }
}

}  // namespace

Result<config::Snapshot> Context::config() const {
    const auto loaded = config::load_file(config_path, config::process_environment());
    if (loaded) return loaded->config;
    std::string text;
    for (const config::Problem& problem : loaded.error()) {
        if (!text.empty()) text += '\n';
        text += problem.message();
    }
    return fail(ErrorCode::unsupported, text);
}

Exit exit_code(const Error& error) {
    switch (error.code) {
        case ErrorCode::invalid:
        case ErrorCode::limit: return Exit::usage;
        case ErrorCode::not_found: return Exit::not_found;
        case ErrorCode::exists: return Exit::exists;
        case ErrorCode::timeout:
        case ErrorCode::closed:
        case ErrorCode::busy:
        case ErrorCode::unavailable: return Exit::unavailable;
        case ErrorCode::unsupported: return Exit::config;
        case ErrorCode::cancelled: return Exit::declined;
        default: return Exit::failure;
    }
}

Exit report(Context& context, const Error& error) {
    if (context.json) {
        const nlohmann::json document = {{"error", {{"code", to_string(error.code)}, {"message", error.message()}}}};
        print_json(context, document);
    } else {
        for (const std::string_view line : ascii::split(error.message(), '\n'))
            context.err << "posthouse: " << printable(line) << '\n';
    }
    return exit_code(error);
}

std::span<const ExitCode> exit_codes() { return exit_code_table; }

Command* add_command(CLI::App& parent, Context& context, const std::string& name, const std::string& description,
                     const std::string& examples, std::function<Exit()> action) {
    auto command = std::make_shared<Command>(name, description);
    parent.add_subcommand(command);
    for (const std::string_view example : ascii::split(examples, '\n')) command->examples.emplace_back(example);
    command->fallthrough();
    command->callback([&context, action = std::move(action)] { context.exit = action(); });
    return command.get();
}

Command* add_group(CLI::App& parent, const std::string& name, const std::string& description) {
    auto group = std::make_shared<Command>(name, description);
    parent.add_subcommand(group);
    group->require_subcommand(1);
    group->fallthrough();
    return group.get();
}

std::vector<const Command*> commands_of(const CLI::App& parent) {
    std::vector<const Command*> commands;
    for (const CLI::App* app : parent.get_subcommands([](const CLI::App* one) { return !one->get_group().empty(); }))
        if (const auto* command = dynamic_cast<const Command*>(app)) commands.push_back(command);
    return commands;
}

Exit confirm(Context& context, const std::string& question) {
    if (context.yes) return Exit::ok;
    if (&context.in == &std::cin && ::isatty(STDIN_FILENO) == 0) {
        context.err << "posthouse: " << question << " Nothing was done: there is no terminal to ask on; use --yes.\n";
        return Exit::declined;
    }
    context.err << question << " [y/N] " << std::flush;
    std::string answer;
    std::getline(context.in, answer);
    const std::string_view word = ascii::trim(answer);
    if (ascii::iequals(word, "y") || ascii::iequals(word, "yes")) return Exit::ok;
    context.err << "Nothing was done.\n";
    return Exit::declined;
}

std::unique_ptr<CLI::App> make_app(Context& context) {
    auto owner = std::make_unique<CLI::App>("Manages a Posthouse mail server.", "posthouse");
    CLI::App& app = *owner;
    app.require_subcommand(1);
    app.footer(footer());
    app.set_version_flag("--version", "posthouse " + context.version);
    const char* from_environment = std::getenv("POSTHOUSE_CONFIG");
    context.config_path = from_environment != nullptr && *from_environment != '\0' ? std::string(from_environment)
                                                                                   : std::string(config::default_path);
    app.add_option("--config", context.config_path, "Configuration file (environment: POSTHOUSE_CONFIG)")
        ->type_name("FILE");
    app.add_flag("--json", context.json, "Print JSON, for programs");
    app.add_flag("--yes,-y", context.yes, "Ask no questions");
    add_domain_commands(app, context);
    add_user_commands(app, context);
    add_app_password_commands(app, context);
    add_alias_commands(app, context);
    add_list_commands(app, context);
    add_address_commands(app, context);
    add_grant_commands(app, context);
    add_transport_commands(app, context);
    add_db_commands(app, context);
    add_acl_commands(app, context);
    add_metadata_commands(app, context);
    add_export_command(app, context);
    add_import_commands(app, context);
    add_config_commands(app, context);
    add_mailbox_commands(app, context);
    add_auth_commands(app, context);
    add_limits_commands(app, context);
    add_queue_commands(app, context);
    add_tls_report_commands(app, context);
    add_quota_commands(app, context);
    add_session_commands(app, context);
    add_status_command(app, context);
    add_trace_command(app, context);
    add_completion_commands(app, context);
    write_footers(app);
    return owner;
}

int run(int argc, const char* const* argv, Context& context) {
    const std::unique_ptr<CLI::App> owner = make_app(context);
    CLI::App& app = *owner;
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        // CLI11's own codes differ; help and version are successes, everything else is wrong usage.
        const std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
        context.json = context.json || std::ranges::find(words, "--json") != words.end();
        const std::optional<std::string> unknown =
            error.get_exit_code() == 0 ? std::nullopt : unknown_command(app, words);
        if (unknown) return static_cast<int>(report(context, {ErrorCode::invalid, *unknown, {}}));
        if (context.json && error.get_exit_code() != 0)
            return static_cast<int>(report(context, {ErrorCode::invalid, error.what(), {}}));
        const int code = app.exit(error, context.out, context.err);
        return code == 0 ? 0 : static_cast<int>(Exit::usage);
    }
    return static_cast<int>(context.exit);
}

}  // namespace posthouse::cli
