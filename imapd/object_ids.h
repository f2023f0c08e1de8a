// The identifiers of OBJECTID (RFC 8474): of mailboxes and threads. EMAILID comes from storage as it is sent.
#pragma once

#include <string>
#include <string_view>

namespace posthouse::imapd {

/// MAILBOXID (RFC 8474 §4), of the mailbox's GUID: 32 hexadecimal digits.
std::string mailbox_id_of(std::string_view guid);
/// THREADID (RFC 8474 §5.2), of the record of a header block (storage/summary.h); empty: NIL, for no id names its
/// thread.
std::string thread_id_of(std::string_view header_record);

}  // namespace posthouse::imapd
