// What an ENVELOPE says, read back: for a search in what the server keeps, which need not read the message.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace posthouse::imap {

/// Fields of an ENVELOPE that are searched; those that it fills from another one when they are missing are not among
/// them.
enum class EnvelopeText : std::uint8_t { subject, from, to, cc, bcc, in_reply_to, message_id };

/// The field of this name, in any case.
std::optional<EnvelopeText> envelope_text_named(std::string_view field);

/// The text of a field in UTF-8, its encoded words (RFC 2047) decoded; addresses as `name <local@domain>`, separated by
/// ", ". `envelope`: as append_envelope writes it. Nothing: the message has no such field, or an empty list.
/// invalid: it isn't an ENVELOPE.
Result<std::optional<std::string>> envelope_text(std::string_view envelope, EnvelopeText wanted);

}  // namespace posthouse::imap
