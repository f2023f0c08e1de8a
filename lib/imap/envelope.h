// ENVELOPE of a message as IMAP sends it (RFC 9051 §7.5.2), made from its header block.
#pragma once

#include <string>
#include <string_view>

#include "lib/mime/range.h"

namespace posthouse::imap {

/// Appends "(date subject from sender reply-to to cc bcc in-reply-to message-id)" of that header block: strings quoted
/// or as literals, NIL where a field is missing, Sender and Reply-To as From where they are missing or empty. Fields of
/// addresses that occur twice are joined; of the others the last counts, as in Dovecot.
void append_envelope(std::string_view message, mime::Range header, std::string& out);
/// The same for the header block at the start of a message.
std::string envelope(std::string_view message);

}  // namespace posthouse::imap
