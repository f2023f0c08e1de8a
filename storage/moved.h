// Accounts and domains that get another name: their folder moves in one step, and what stays in its place says so.
#pragma once

#include <string>

#include "lib/base/result.h"

namespace posthouse::storage {

/// In the folder that an account or a domain has left behind: holds the new name. As long as it lies there nobody makes
/// mailboxes in that folder, so that a delivery that was on its way is told "try again later" and nothing is stored
/// where nobody looks.
inline constexpr const char* moved_file = "posthouse-moved";

/// The account at `root` has left, or its whole domain has. Errors are the disk's.
Result<bool> has_moved(const std::string& root);

/// Moves the folder `from` of an account or a domain to `to`, durably, and leaves a folder with moved_file, in which
/// `name` (the new one) stands. In one step where the file system can exchange names (ext4, XFS, Btrfs, tmpfs);
/// elsewhere `from` is missing for an instant. A move that was cut off is taken up by the next call; one that was done
/// already is done again. What it gives: whether there was a `from`. exists: something lies in `to`; unsupported: they
/// lie on different file systems.
Result<bool> move_away(const std::string& from, const std::string& to, const std::string& name);

/// The name is used again: removes what a move left in `folder`, and that too if nothing else lies there. Nothing
/// there: success.
Result<> forget_move(const std::string& folder);

}  // namespace posthouse::storage
