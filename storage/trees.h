// Links, copies and removal of files and whole folders.
#pragma once

#include <string>

#include "lib/base/result.h"

namespace posthouse::storage {

/// Removes a folder, its files and folders, or a file. Links are removed, not followed. Missing: success.
Result<> remove_tree(const std::string& path);
/// The same for a folder below an open one.
Result<> remove_tree_in(int parent, const std::string& path);

/// A second name for a file, in another folder too. Where the file system can't link (another device, too many links):
/// a copy with its date, synced.
Result<> link_or_copy(int from_folder, const std::string& from, int to_folder, const std::string& to);

}  // namespace posthouse::storage
