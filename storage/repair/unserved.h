// Maildirs in an account's folder that are no mailboxes, because no name leads to them.
#pragma once

#include <string>
#include <vector>

#include "lib/base/result.h"
#include "storage/layout.h"

namespace posthouse::storage {

struct UnservedFolder {
    std::string below;  ///< its path below the account's folder
    std::string right;  ///< where it would be a mailbox; empty: that can't be said
};

/// Folders with a cur/ that the layout has no name for, e.g. in the other spelling or hierarchy of Layout. Links aren't
/// followed; at most 100 are found, and not below max_levels.
Result<std::vector<UnservedFolder>> find_unserved(int root, const Layout& layout);

}  // namespace posthouse::storage
