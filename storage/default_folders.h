// The mailboxes that every account begins with, from the words of general.special_use_folders.
#pragma once

#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/config/load.h"
#include "storage/layout.h"
#include "storage/store.h"

namespace posthouse::storage {

/// "Entwürfe=\Drafts". invalid: no name that the layout can have on disk, INBOX, or no special use of special_use.h;
/// limit: the name is too long.
Result<DefaultFolder> parse_default_folder(std::string_view text, const Layout& layout);

/// Those of the configuration; what makes no sense is left out, so that nobody is kept from logging in.
std::vector<DefaultFolder> default_folders_from(const config::Config& config);

/// What of general.special_use_folders makes no sense; also a name or a use that is there twice.
config::Problems default_folder_problems(const config::Config& config, const config::Origins& origins);

}  // namespace posthouse::storage
