// The STATUS response from storage's figures (RFC 3501 §7.2.4).
#pragma once

#include <string>
#include <string_view>

#include "lib/imap/commands.h"
#include "storage/status.h"

namespace posthouse::imapd {

/// Appends the response; `mailbox` as on the wire.
void append_status_response(std::string& out, std::string_view mailbox, imap::StatusItems items,
                            const storage::Status& status);

}  // namespace posthouse::imapd
