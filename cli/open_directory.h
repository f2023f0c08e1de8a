// The directory that the configuration names, opened for a command.
#pragma once

#include <memory>
#include <string>

#include "auth/directory/database.h"
#include "cli/command.h"

namespace posthouse::cli {

/// Where the configuration says that the directory is. Errors: as Context::config.
Result<auth::DatabaseSettings> database(const Context& context);
/// How the directory compares addresses; as if nothing was configured when the configuration is wrong, which the next
/// step reports.
auth::LocalPart local_part(const Context& context);
/// The domain that a list is limited to, in the form that the directory keeps; "" (all of them) stays so. Errors: as
/// auth::canonical_domain.
Result<std::string> wanted_domain(const std::string& word);
/// Opens the directory to read. Errors: as database() and auth::open_directory.
Result<std::unique_ptr<auth::Directory>> open_directory(const Context& context);
/// Opens it to write: auth::create_directory.
Result<std::unique_ptr<auth::Directory>> create_directory(const Context& context);

}  // namespace posthouse::cli
