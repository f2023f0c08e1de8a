// Whether the server may use what lies in the mail; a check has its rights.
#pragma once

#include <optional>
#include <string>

#include "lib/base/result.h"

namespace posthouse::storage {

/// What keeps this process from reading and writing an entry of an open folder: whose it is, and the command that
/// helps; `path` is named in it. Nothing: it may, or there is no such entry. A link's target is looked at.
std::optional<std::string> access_problem(int folder, const std::string& name, const std::string& path);

/// Why something failed, for a finding that names the file itself: "Input/output error".
std::string reason(const Error& error);

}  // namespace posthouse::storage
