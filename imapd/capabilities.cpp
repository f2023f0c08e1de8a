// What CAPABILITY tells, by the state of the session.
#include "imapd/capabilities.h"

#include "imapd/session.h"
#include "lib/sasl/offer.h"

namespace posthouse::imapd {

std::string capabilities(const Session& session) {
    std::string text = "IMAP4rev1 IMAP4rev2 LITERAL+ SASL-IR ID ENABLE IDLE";
    if (session.state() == kNotAuthenticated) {
        if (session.may_start_tls()) text += " STARTTLS";
        text += sasl::mechanism_list(session.mechanisms(), "AUTH=");
        if (!session.may_use_login()) text += " LOGINDISABLED";
        return text;
    }
    text +=
        " NAMESPACE UTF8=ACCEPT CHILDREN UNSELECT UIDPLUS MOVE BINARY LIST-EXTENDED LIST-STATUS SPECIAL-USE"
        " CREATE-SPECIAL-USE CONDSTORE QRESYNC ESEARCH SEARCHRES WITHIN PARTIAL SORT SORT=DISPLAY ESORT"
        " THREAD=ORDEREDSUBJECT THREAD=REFERENCES THREAD=REFS"
        " INPROGRESS CONTEXT=SEARCH CONTEXT=SORT MULTISEARCH NOTIFY"
        " QUOTA QUOTA=RES-STORAGE QUOTA=RES-MESSAGE ACL RIGHTS=texkn METADATA LIST-MYRIGHTS LIST-METADATA"
        " UIDONLY UNAUTHENTICATE MULTIAPPEND CATENATE URL-PARTIAL REPLACE I18NLEVEL=1 OBJECTID SAVEDATE PREVIEW"
        " ANNOTATE-EXPERIMENT-1 STATUS=SIZE APPENDLIMIT=" +
        std::to_string(session.config().imapd.append_limit);
    const std::string message_limit = std::to_string(session.config().imapd.message_limit);
    text += " MESSAGELIMIT=" + message_limit + " SAVELIMIT=" + message_limit;
    if (!session.stream().compressed()) text += " COMPRESS=DEFLATE";
    return text;
}

}  // namespace posthouse::imapd
