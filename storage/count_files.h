// What an account's messages take, counted from the files: the slow way that is always right.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "lib/base/result.h"
#include "storage/layout.h"
#include "storage/quota.h"

namespace posthouse::storage {

/// A count, and whether somebody changed a folder while it was read.
struct FileCount {
    Usage usage;
    bool disturbed = false;  ///< readings kept differing: renames hide names from readdir, and show them twice
};

/// What a message's file takes: by S= in its name where that makes sense, else by a look at it; nothing: it is gone, or
/// no file.
std::optional<std::uint64_t> bytes_of(int folder, const std::string& name);

/// Counts one mailbox, whose folder is `place` below `root`: "" or ending with "/". Not there, or only half: nothing.
Result<FileCount> count_mailbox_files(int root, const std::string& place);

/// Counts all mailboxes of the account at `root` that `limits` counts, by S= in the names, else by a look at the file.
/// No account: nothing.
Result<FileCount> count_files(const std::string& root, const Layout& layout, const QuotaLimits& limits);

}  // namespace posthouse::storage
