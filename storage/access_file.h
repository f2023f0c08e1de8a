// dovecot-acl on disk: read, and replaced under the lock that Dovecot takes.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "lib/base/result.h"
#include "storage/access_list.h"
#include "storage/dot_lock.h"
#include "storage/folder.h"

namespace posthouse::storage {

/// The list of the mailbox whose folder is open; without a file it is empty. limit: more than a megabyte.
Result<AccessList> read_access_list(int folder);

/// Reads the list, lets `change` change it and replaces the file durably, if that says true: under dovecot-acl.lock,
/// which Dovecot takes for this. busy: somebody holds it too long. With the account's lock held.
Result<> change_access_list(const Folder& folder, PreparedLocks& locks, std::chrono::milliseconds lock_wait,
                            const std::function<Result<bool>(AccessList&)>& change);

/// Writes a copy of the list into a mailbox that is being made; an empty one needs no file. Doesn't sync the folder.
Result<> copy_access_list(int from_folder, int to_folder);

}  // namespace posthouse::storage
