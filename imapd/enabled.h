// What a client has switched on, by ENABLE (RFC 5161) or by using it: how the server speaks to it from then on.
#pragma once

namespace posthouse::imapd {

struct Enabled {
    bool condstore = false;  ///< FETCH responses about flags tell MODSEQ (RFC 7162 §3.1)
    bool uid_only = false;   ///< messages have no numbers, on either side (RFC 9586 §3)
    bool qresync = false;    ///< VANISHED in the place of EXPUNGE (RFC 7162 §3.2.3); condstore then, too
};

}  // namespace posthouse::imapd
