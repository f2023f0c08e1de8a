// dovecot-acl on disk: read, and replaced under the lock that Dovecot takes.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "lib/base/result.h"
#include "storage/access_list.h"

namespace posthouse::storage {

constexpr const char* access_file_name = "dovecot-acl";

/// The list of the mailbox whose folder is open; without a file it is empty. limit: more than a megabyte.
Result<AccessList> read_access_list(int folder);

/// Reads the list, lets `change` change it and replaces the file durably, if that says true. The file's next version is
/// also its lock, `dovecot-acl.lock`, as Dovecot has it; one that nobody touched for two minutes is a dead process's.
/// busy: somebody holds it too long. With the account's lock held.
Result<> change_access_list(int folder, std::chrono::milliseconds lock_wait,
                            const std::function<Result<bool>(AccessList&)>& change);

/// Writes a copy of the list into a mailbox that is being made; an empty one needs no file. Doesn't sync the folder.
Result<> copy_access_list(int from_folder, int to_folder);

}  // namespace posthouse::storage
