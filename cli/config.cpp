// posthouse config check|show
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <iterator>
#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/command.h"
#include "cli/mail_owner.h"
#include "cli/open_directory.h"
#include "cli/output.h"
#include "cli/table.h"
#include "lib/config/check.h"
#include "lib/config/show.h"
#include "queued/outbound/configure.h"
#include "storage/default_folders.h"
#include "storage/lost_mail.h"

namespace posthouse::cli {
namespace {

nlohmann::json json_of(const config::Problems& problems) {
    nlohmann::json list = nlohmann::json::array();
    for (const config::Problem& problem : problems)
        list.push_back({{"where", problem.where}, {"problem", problem.text}});
    return list;
}

/// As whom the files were looked at; empty: whoever runs the program.
using CheckedAs = std::string;

Exit report_findings(Context& context, const config::Problems& problems, const config::Problems& warnings,
                     const CheckedAs& user = {}) {
    if (context.json) {
        print_json(context, {{"config", context.config_path},
                             {"user", user},
                             {"problems", json_of(problems)},
                             {"warnings", json_of(warnings)}});
    } else {
        for (const config::Problem& problem : problems)
            context.err << "posthouse: " << printable(problem.message()) << '\n';
        for (const config::Problem& warning : warnings) context.err << "Note: " << printable(warning.message()) << '\n';
        if (!problems.empty() && !user.empty())
            context.err << "This is how the server's user sees it: " << printable(user) << ".\n";
    }
    return problems.empty() ? Exit::ok : Exit::config;
}

CheckedAs name_of(uid_t user) {
    const passwd* const entry = ::getpwuid(user);
    return entry == nullptr ? std::to_string(user) : entry->pw_name;
}

/// Log-ins at smart hosts that mail is never handed to. Transports are looked up only for these; where they can't be
/// listed, nobody knows.
config::Problems unused_credentials(const Context& context, const config::Loaded& loaded) {
    if (loaded.config->outbound.credentials.empty()) return {};
    Result<std::unique_ptr<auth::Directory>> directory = open_directory(context);
    if (!directory) return {};
    const Result<std::vector<auth::Transport>> listed = (*directory)->transports().list();
    if (!listed) return {};
    std::vector<std::string> transports;
    for (const auth::Transport& one : *listed) transports.push_back(one.transport);
    return queued::outbound_warnings(*loaded.config, loaded.origins, transports);
}

/// Root sees what the server may not, so it looks as the server's user.
Exit check(Context& context) {
    auto loaded = config::load_file(context.config_path, config::process_environment());
    if (!loaded) return report_findings(context, loaded.error(), {});
    const Result<ActingAsOwner> acting = ActingAsOwner::of_mail(*loaded->config, loaded->config->general.spool_folder);
    if (!acting) return report(context, acting.error());
    const CheckedAs user = acting->is_other() ? name_of(::geteuid()) : CheckedAs();
    if (acting->is_other()) loaded = config::load_file(context.config_path, config::process_environment());
    if (!loaded) return report_findings(context, loaded.error(), {}, user);
    const auto& [config, origins] = *loaded;
    const std::time_t now = std::time(nullptr);
    config::Problems problems = config::check(*config, origins);
    std::ranges::move(storage::default_folder_problems(*config, origins), std::back_inserter(problems));
    std::ranges::move(storage::lost_mail_problems(*config, origins), std::back_inserter(problems));
    std::ranges::move(queued::outbound_problems(*config, origins), std::back_inserter(problems));
    std::ranges::move(config::expired(*config, origins, now), std::back_inserter(problems));
    config::Problems warnings = config::warnings(*config, origins, now);
    std::ranges::move(unused_credentials(context, *loaded), std::back_inserter(warnings));
    struct stat st{};
    if (!acting->is_other() && ::geteuid() == 0 && ::stat(config->general.mail_root.c_str(), &st) != 0)
        warnings.push_back({"general.mail_root",
                            "isn't there yet, and doesn't tell which user the server runs as: what "
                            "root can read may be closed to that user"});
    const Exit exit = report_findings(context, problems, warnings, user);
    if (exit == Exit::ok && !context.json)
        context.out << "Configuration " << printable(context.config_path) << " is fine.\n";
    return exit;
}

Exit show(Context& context, bool defaults) {
    config::Loaded shown{std::make_shared<const config::Config>(), {}};
    if (!defaults) {
        auto loaded = config::load_file(context.config_path, config::process_environment());
        if (!loaded) return report_findings(context, loaded.error(), {});
        shown = std::move(*loaded);
    }
    context.out << (context.json ? config::show_json(*shown.config, shown.origins)
                                 : config::show_text(*shown.config, shown.origins));
    return Exit::ok;
}

}  // namespace

void add_config_commands(CLI::App& app, Context& context) {
    CLI::App* group = add_group(app, "config", "The configuration");
    add_command(*group, context, "check", "Say what is wrong with the configuration; change nothing",
                "config check --config /etc/posthouse/posthouse.toml", [&context] { return check(context); });
    auto defaults = std::make_shared<bool>(false);
    CLI::App* command = add_command(*group, context, "show", "Print every parameter, and where its value comes from",
                                    "config show --json", [&context, defaults] { return show(context, *defaults); });
    command->add_flag("--defaults", *defaults, "The built-in values, without file and environment");
}

}  // namespace posthouse::cli
