// The directory that the configuration names, opened for a command.
#pragma once

#include <memory>

#include "auth/directory/directory.h"
#include "cli/command.h"

namespace posthouse::cli {

/// Opens the directory to read. Errors: as Context::config and open_sqlite_directory.
Result<std::unique_ptr<auth::Directory>> open_directory(const Context& context);
/// Opens it to write; a database that doesn't exist is made.
Result<std::unique_ptr<auth::Directory>> create_directory(const Context& context);

}  // namespace posthouse::cli
