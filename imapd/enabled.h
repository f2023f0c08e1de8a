// What a client has switched on, by ENABLE (RFC 5161) or by using it: how the server speaks to it from then on.
#pragma once

#include <optional>

namespace posthouse::imapd {

struct Enabled {
    bool rev2 = false;         ///< IMAP4rev2 decides (RFC 9051 §6.3.1): no \Recent, ESEARCH, LIST after SELECT …
    bool utf8_accept = false;  ///< UTF8=ACCEPT (RFC 6855 §3)
    bool condstore = false;    ///< FETCH responses about flags tell MODSEQ (RFC 7162 §3.1)
    bool uid_only = false;     ///< messages have no numbers, on either side (RFC 9586 §3)
    bool flag_changes = true;  ///< is told unasked when flags have changed (RFC 5465 §5.3)
    std::optional<bool> annotation_changes;  ///< the same of messages' annotations; else SELECT says it (RFC 5257 §4.2)
    bool metadata = false;                   ///< told of annotations that others change (RFC 5464 §4.4.2)
    bool qresync = false;  ///< VANISHED in the place of EXPUNGE (RFC 7162 §3.2.3); condstore then, too

    /// Mailbox names are UTF-8 on the wire, and may be in quotes.
    bool utf8() const { return rev2 || utf8_accept; }
};

}  // namespace posthouse::imapd
