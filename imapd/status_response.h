// What STATUS tells (RFC 3501 §6.3.10, RFC 9051 §6.3.11), from storage's figures.
#pragma once

#include <string>
#include <string_view>

#include "imapd/place.h"
#include "lib/base/result.h"
#include "lib/imap/commands.h"
#include "lib/imap/responses.h"
#include "storage/mailbox.h"

namespace posthouse::imapd {

/// The response of STATUS for a mailbox, also if it is open; `wire` is its name as it is sent. `append_limit`: of the
/// configuration. DELETED-STORAGE costs a look at the flags of all messages, where some are \Deleted, and at the sizes
/// of these. Blocks. not_found.
Result<std::string> status_response(const Place& place, std::string_view wire, imap::StatusItems items,
                                    std::uint64_t append_limit);
/// The same from figures that are known already.
Result<std::string> status_response(storage::Mailbox& mailbox, const storage::Status& status, std::string_view wire,
                                    imap::StatusItems items, std::uint64_t append_limit);

}  // namespace posthouse::imapd
