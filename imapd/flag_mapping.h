// Flags between the protocol (lib/imap) and storage: both number the system flags alike.
#pragma once

#include "lib/base/result.h"
#include "lib/imap/flags.h"
#include "storage/flags.h"

namespace posthouse::imapd {

imap::Flags to_imap(const storage::Flags& flags);
/// Errors: invalid, a keyword that storage does not take.
Result<storage::Flags> to_storage(const imap::Flags& flags);
/// What reading a message does: \Seen is set, and nothing else.
storage::FlagChange marks_seen();

}  // namespace posthouse::imapd
