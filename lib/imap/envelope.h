// ENVELOPE of a message as IMAP sends it (RFC 9051 §7.5.2), made from its header block.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/mime/address.h"
#include "lib/mime/range.h"

namespace posthouse::imap {

/// What ENVELOPE shows of a header block, and References. Fields of addresses that occur twice are joined; of the
/// others the last counts, as in Dovecot. Texts are raw values that point into the message.
struct EnvelopeFields {
    std::optional<std::string_view> date;
    std::optional<std::string_view> subject;
    std::vector<mime::Address> from;
    std::vector<mime::Address> sender;
    std::vector<mime::Address> reply_to;
    std::vector<mime::Address> to;
    std::vector<mime::Address> cc;
    std::vector<mime::Address> bcc;
    std::optional<std::string_view> in_reply_to;
    std::optional<std::string_view> message_id;
    std::optional<std::string_view> references;  ///< not shown
};
EnvelopeFields read_envelope(std::string_view message, mime::Range header);

/// Appends "(date subject from sender reply-to to cc bcc in-reply-to message-id)": strings quoted or as literals, NIL
/// where a field is missing, Sender and Reply-To as From where they are missing or empty.
void append_envelope(const EnvelopeFields& fields, std::string& out);

/// The same of a header block.
void append_envelope(std::string_view message, mime::Range header, std::string& out);
/// The same of the header block at the start of a message.
std::string envelope(std::string_view message);

}  // namespace posthouse::imap
