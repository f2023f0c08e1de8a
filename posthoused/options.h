// The command line of posthoused.
#pragma once

#include <string>

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
/// What --help prints.
std::string usage();

}  // namespace posthouse::supervisor
