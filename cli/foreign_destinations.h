// What to know of addresses on other servers.
#pragma once

#include <string>
#include <vector>

#include "auth/directory/directory.h"
#include "cli/command.h"

namespace posthouse::cli {

/// Points out on err which destinations of `source` are on another server: mail for it is refused for now. Not with
/// --json.
Result<> note_foreign_destinations(Context& context, auth::Directory& directory, const std::string& source,
                                   const std::vector<std::string>& destinations);

}  // namespace posthouse::cli
