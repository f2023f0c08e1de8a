// Parses the command line of posthoused; small enough to need no library.
#include "posthoused/options.h"

#include <cstdlib>
#include <filesystem>
#include <string_view>

#include "lib/config/load.h"

namespace posthouse::supervisor {

Result<Options> parse_options(int argc, const char* const* argv) {
    Options options;
    for (int i = 1; i < argc; ++i) {
        std::string_view argument = argv[i];
        std::string value;
        const auto takes_value = [&](std::string_view name) {
            if (argument.starts_with(name) && argument.substr(name.size()).starts_with('=')) {
                value = argument.substr(name.size() + 1);
                return true;
            }
            if (argument != name || i + 1 >= argc) return false;
            value = argv[++i];
            return true;
        };
        if (argument == "--background") {
            options.background = true;
        } else if (argument == "--help" || argument == "-h") {
            options.help = true;
        } else if (argument == "--version") {
            options.version = true;
        } else if (takes_value("--config")) {
            options.config_path = value;
        } else if (takes_value("--programs")) {
            options.program_folder = value;
        } else {
            return fail(ErrorCode::invalid, "unknown or incomplete option " + std::string(argument) + " (see --help)");
        }
    }
    if (options.config_path.empty()) {
        const char* variable = std::getenv("POSTHOUSE_CONFIG");  // NOLINT(concurrency-mt-unsafe): no threads here
        options.config_path = variable != nullptr ? variable : std::string(config::default_path);
    }
    std::error_code error;
    options.config_path = std::filesystem::absolute(options.config_path, error).string();
    if (options.program_folder.empty())
        options.program_folder = std::filesystem::read_symlink("/proc/self/exe", error).parent_path().string();
    return options;
}

std::string purpose() { return "starts the daemons of the mail server and keeps them running"; }

std::vector<Explained> explained_options() {
    return {
        {"--config FILE", "configuration (default: $POSTHOUSE_CONFIG, else " + std::string(config::default_path) + ")"},
        {"--background", "return as soon as every daemon is ready, and go on in the background"},
        {"--programs FOLDER", "where the daemons' programs are (default: beside posthoused)"},
        {"--version", "print the version"},
        {"--help", "print this"},
    };
}

std::vector<Explained> explained_signals() {
    return {
        {"HUP", "reads the configuration and certificates again and opens the log anew"},
        {"TERM, INT", "stop: running transactions end, for general.drain_timeout at most"},
    };
}

std::string usage() {
    std::string text = "posthoused: " + purpose() + "\n\nusage: posthoused [--config FILE] [--background]\n";
    const auto list = [&](const char* heading, const std::vector<Explained>& all) {
        constexpr std::size_t width = 19;
        text += heading;
        for (const Explained& one : all)
            text += "  " + one.name + std::string(width - one.name.size(), ' ') + one.meaning + "\n";
    };
    list("\n", explained_options());
    list("\nsignals:\n", explained_signals());
    return text + "\nexample: posthoused --config /etc/posthouse/posthouse.toml\n";
}

}  // namespace posthouse::supervisor
