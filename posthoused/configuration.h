// The configuration as posthoused uses it: loaded and checked as a whole, certificates read, and merged at a reload.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/config/load.h"

namespace posthouse::supervisor {

struct Configuration {
    config::Snapshot values;
    std::map<std::string, std::string> tls_files;  ///< contents by path
    config::Problems warnings;                     ///< what keeps nothing from starting
};

/// Loads `path` and the environment, and checks everything that can be checked. Errors: invalid; one line: the first
/// problem, and how many more there are.
Result<Configuration> load_configuration(const std::string& path);

/// `wanted` with those values of `running` that only a restart may change; their names are added to `kept`.
config::Config merge_for_reload(const config::Config& running, const config::Config& wanted,
                                std::vector<std::string>& kept);

}  // namespace posthouse::supervisor
