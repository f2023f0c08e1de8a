// posthouse user add --csv: many users at once.
#pragma once

#include <string>

#include "cli/command.h"
#include "cli/password_input.h"

namespace posthouse::cli {

/// Adds the users of a CSV file (`-`: standard input) in one transaction: all or none.
/// Rows without a password get one when `options` say to generate it; all must be changed when they say so.
Exit import_users(Context& context, const std::string& path, const PasswordOptions& options);

}  // namespace posthouse::cli
