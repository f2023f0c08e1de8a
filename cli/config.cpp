// posthouse config check|show
#include <algorithm>
#include <ctime>
#include <iterator>
#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/command.h"
#include "cli/output.h"
#include "cli/table.h"
#include "lib/config/check.h"
#include "lib/config/show.h"
#include "storage/default_folders.h"

namespace posthouse::cli {
namespace {

Exit report_problems(Context& context, const config::Problems& problems) {
    if (context.json) {
        nlohmann::json list = nlohmann::json::array();
        for (const config::Problem& problem : problems)
            list.push_back({{"where", problem.where}, {"problem", problem.text}});
        print_json(context, {{"config", context.config_path}, {"problems", list}});
    } else {
        for (const config::Problem& problem : problems)
            context.err << "posthouse: " << printable(problem.message()) << '\n';
    }
    return problems.empty() ? Exit::ok : Exit::config;
}

Exit check(Context& context) {
    const auto loaded = config::load_file(context.config_path, config::process_environment());
    if (!loaded) return report_problems(context, loaded.error());
    config::Problems problems = config::check(*loaded->config, loaded->origins);
    std::ranges::move(storage::default_folder_problems(*loaded->config, loaded->origins), std::back_inserter(problems));
    if (!problems.empty() || context.json) return report_problems(context, problems);
    for (const config::Problem& warning : config::warnings(*loaded->config, loaded->origins, std::time(nullptr)))
        context.err << "Note: " << printable(warning.message()) << '\n';
    context.out << "Configuration " << printable(context.config_path) << " is fine.\n";
    return Exit::ok;
}

Exit show(Context& context, bool defaults) {
    config::Loaded shown{std::make_shared<const config::Config>(), {}};
    if (!defaults) {
        auto loaded = config::load_file(context.config_path, config::process_environment());
        if (!loaded) return report_problems(context, loaded.error());
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
