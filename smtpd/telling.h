// What smtpd tells of a message's story, and how it reports a refusal.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "smtpd/refusal.h"
#include "smtpd/session.h"

namespace posthouse::smtpd {

// What a client does that sends nothing has its share of the story's store (story::Writer::tell_minor), which may be
// used up; how a client came that sends a message is told in any case.

/// A client is there, perhaps with TLS from the start.
void tell_connected(Session& session);
/// STARTTLS has succeeded.
void tell_tls(Session& session);
/// The client is gone.
void tell_ended(Session& session);
/// AUTH has ended; `reason` is why it failed, empty when it did not. `user`: who has logged in.
void tell_login(Session& session, std::string mechanism, std::string reason);
/// The content of the transaction's message was answered, or refused before it came. `message_id`: value of the field
/// Message-ID.
void tell_content(Session& session, std::uint64_t size, const std::string& message_id, const Refusal& answer);
/// A command was answered with an error, or the connection (an empty `command`) was turned away: counts its rule, logs
/// it if it is by a rule or for good, and tells it. `line`: the command as it came, for the address in it.
void report_refusal(const Session& session, std::string_view command, std::string_view line, const Refusal& refusal);

}  // namespace posthouse::smtpd
