// dovecot-uidvalidity: the account's counter from which each new mailbox takes a UIDVALIDITY that was never used there.
#pragma once

#include "lib/base/result.h"
#include "storage/types.h"

namespace posthouse::storage {

/// The next value, durable before it is given. `account_root` is the account's open folder. Safe against other
/// processes and Dovecot: the counter moves by renaming a file whose name is the value.
Result<UidValidity> next_uid_validity(int account_root);
/// A mailbox has this value, which came from elsewhere: those that next_uid_validity() gives from now on are above it.
/// Durable, and safe against others as next_uid_validity() is.
Result<> note_uid_validity(int account_root, UidValidity value);

}  // namespace posthouse::storage
