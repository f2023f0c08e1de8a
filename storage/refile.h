// posthouse-refile: base names that messages of a mailbox get instead of wrong ones, written down before any is
// changed.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace posthouse::storage {

/// From base name to base name.
using BaseChanges = std::map<std::string, std::string>;

/// Lines "<old>\t<new>"; senseless ones are left out.
BaseChanges parse_refile(std::string_view text);
std::string to_text(const BaseChanges& changes);

/// What stands in the mailbox's folder; nothing: no such file. `root` is the open folder.
Result<std::optional<BaseChanges>> read_refile(int root);
/// Durably.
Result<> write_refile(int root, const BaseChanges& changes);
Result<> remove_refile(int root);

}  // namespace posthouse::storage
