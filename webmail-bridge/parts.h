// The parts of the server: the workers that the supervisor runs, and where each is asked about itself.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"

namespace posthouse::bridge {

/// One worker of a daemon.
struct Part {
    std::string name;         ///< "imapd"
    std::int64_t worker = 1;  ///< from 1
    std::string control;      ///< path of its control socket; empty: there is none
    std::string state;        ///< as the supervisor sees it: "ready", "waiting" (to be restarted) …; empty: unknown
    std::string last_exit;    ///< "killed by SIGSEGV"; empty: never died
};

/// The parts that the supervisor's status file (<run_folder>/status.json) lists. Errors: invalid.
Result<std::vector<Part>> parts_of_status(std::string_view json);
/// Without a supervisor: a part for each "<daemon>-<worker>.sock" among `file_names` of <run_folder>/control, and one
/// without a control socket for each daemon of the server that has none there.
std::vector<Part> parts_of_folder(const std::string& folder, const std::vector<std::string>& file_names);
/// Reads the status file, or else the folder. Blocks (files). Errors: only of a status file that cannot be understood.
Result<std::vector<Part>> find_parts(const std::string& run_folder);

}  // namespace posthouse::bridge
