// APPEND (RFC 3501 §6.3.11, with several messages: RFC 3502, put together from parts: RFC 4469) and REPLACE (RFC 8508):
// read in sections, each up to octets of a message, which are a literal of their own and are streamed to the mailbox.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "lib/base/result.h"
#include "lib/imap/annotations.h"
#include "lib/imap/date_time.h"
#include "lib/imap/flags.h"
#include "lib/imap/limits.h"

namespace posthouse::imap {

/// A message begins.
struct MessageBegin {
    Flags flags;
    std::optional<DateTime> date;
    std::vector<AnnotationValue> annotations{};  ///< ANNOTATION (RFC 5257 §4.7)
};
/// What stands around a literal that is streamed, and so what may follow it.
enum class AppendPlace {
    message,  ///< it is a message
    utf8,     ///< a message in "UTF8 (~{5})": a ")" follows (RFC 6855 §4)
    list,     ///< a TEXT of CATENATE: other parts of the message follow, or the ")"
};
/// Octets of it come as a literal.
struct MessageOctets {
    std::uint64_t size = 0;  ///< as announced
    bool binary = false;     ///< literal8 (RFC 3516 §4.4)
    AppendPlace place = AppendPlace::message;
};
/// Octets of it are those of a URL (RFC 4469 §3), as sent.
struct MessagePart {
    std::string url;
};
/// It is complete.
struct MessageEnd {};
using AppendStep = std::variant<MessageBegin, MessageOctets, MessagePart, MessageEnd>;

/// What a client tells up to a literal that is streamed (the last step is MessageOctets then), or up to the command's
/// end.
struct AppendSection {
    std::vector<AppendStep> steps;
    /// The literal at its end; nullptr: the command ends.
    const MessageOctets* octets() const { return steps.empty() ? nullptr : std::get_if<MessageOctets>(&steps.back()); }
};

/// APPEND's arguments up to the first literal of a message.
struct Append {
    std::string mailbox;
    AppendSection section;
};

/// REPLACE and UID REPLACE (RFC 8508 §3) up to the first literal of the message.
struct Replace {
    bool by_uid = false;
    std::uint32_t message = 0;  ///< number, or UID; 0: "*", the last one
    std::string mailbox;
    AppendSection section;
};

/// Read the arguments up to and with the announcement.
void read(Arguments& arguments, Append& command);
void read(Arguments& arguments, Replace& command);

/// Parses what follows a streamed literal: " (\\Seen) {300}", or in a list " URL \"/INBOX/;UID=3\" TEXT {42}". Empty:
/// the command's end.
Result<AppendSection> parse_append_section(std::string_view text, AppendPlace place);

/// Whether `command`, the bytes of a command read so far (without the last CRLF), is an APPEND or REPLACE of correct
/// syntax with octets of a message in the literal announced at its end.
bool ends_in_message_literal(std::string_view command, const Limits& limits = {});

}  // namespace posthouse::imap
