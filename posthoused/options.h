// The command line of posthoused.
#pragma once

#include <string>
#include <vector>

#include "lib/base/result.h"

namespace posthouse::supervisor {

struct Options {
    std::string config_path;     ///< default: POSTHOUSE_CONFIG, else /etc/posthouse/posthouse.toml
    std::string program_folder;  ///< where the daemons' programs are; default: the folder of posthoused itself
    bool background = false;     ///< return when everything is ready
    bool help = false;
    bool version = false;
};

/// Errors: invalid, with one line for the user.
Result<Options> parse_options(int argc, const char* const* argv);
/// An option or a signal, and what it does.
struct Explained {
    std::string name;  ///< "--config FILE"
    std::string meaning;
};
/// What the program does.
std::string purpose();
std::vector<Explained> explained_options();
std::vector<Explained> explained_signals();
/// What --help prints.
std::string usage();

}  // namespace posthouse::supervisor
