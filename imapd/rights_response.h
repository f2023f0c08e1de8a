// The MYRIGHTS response (RFC 4314 §3.8).
#pragma once

#include <string>
#include <string_view>

#include "storage/rights.h"

namespace posthouse::imapd {

/// The rights' letters, or "" where there are none, as responses have them.
std::string wire_rights(storage::Rights rights);
/// Appends "* MYRIGHTS mailbox rights".
void append_my_rights(std::string& out, std::string_view mailbox, storage::Rights rights);

}  // namespace posthouse::imapd
