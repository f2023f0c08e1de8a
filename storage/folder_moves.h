// Renames of folders and files within an account, several of them behind an intent on disk: all or none.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/result.h"
#include "storage/store.h"

namespace posthouse::storage {

/// From path to path, both below the account's folder.
using FolderMoves = std::vector<std::pair<std::string, std::string>>;

/// The folder that a path below the account's lies in; "" is the account's own.
std::string parent_of(std::string_view path);
/// mkdir of all folders that `path` lies in, below the account's; not synced.
Result<> make_parents(int root, const std::string& path);
/// fsync of a folder below the account's; "" is the account's own. Where none is, or can be: success.
Result<> sync_below(int root, const std::string& path);

/// Renames, durably, in this order; several with an intent on disk first: all or none, for what fails is undone, and
/// what can't be undone is finished later. Missing parents of the new names are made. exists: a new name is taken. With
/// the account's lock held.
Result<> move_folders(int root, const FolderMoves& moves);
/// Finishes moves that were interrupted; an error: they still are. With the account's lock held.
Result<> finish_moves(int root);
/// The same for whoever opens the account, who can go on when it is not possible now. Cheap when there are none.
Result<> finish_moves(const std::string& root, const Settings& settings);

}  // namespace posthouse::storage
