// posthouse user add --csv: many users at once.
#pragma once

#include <string>

#include "cli/command.h"

namespace posthouse::cli {

/// Adds the users of a CSV file (`-`: standard input) in one transaction: all or none.
Exit import_users(Context& context, const std::string& path, bool generate);

}  // namespace posthouse::cli
