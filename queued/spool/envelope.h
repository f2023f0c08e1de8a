// Envelope: what a queued message is beside its content: from whom, to whom, under which conditions, and where it came
// from. It is fixed when the message is accepted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/smtp/address.h"
#include "lib/smtp/parameters.h"

namespace posthouse::spool {

/// Most recipients of one message.
inline constexpr std::size_t max_recipients = 1000;
/// Longest text of an envelope.
inline constexpr std::size_t max_envelope_bytes = 4u << 20;
/// ENVID= (RFC 3461 §4.4), decoded.
inline constexpr std::size_t max_envelope_id = 100;
/// ORCPT= (RFC 3461 §4.2), decoded, and its type.
inline constexpr std::size_t max_original_recipient = 500;
inline constexpr std::size_t max_address_type = 64;
/// Of a transport, as it stands in the directory.
inline constexpr std::size_t max_transport = 1024;
/// Of the name that a client gave itself, and of a user's name.
inline constexpr std::size_t max_client_name = 512;

/// ORCPT= (RFC 3461 §4.2).
struct OriginalRecipient {
    std::string type;     ///< "rfc822", "utf-8", …: letters, digits, "-"
    std::string address;  ///< decoded
    bool operator==(const OriginalRecipient&) const = default;
};

/// Transports of an address that others stand in the envelope for: nothing is delivered to it, and its sender is told
/// so (RFC 3461 §5.2.7.1 of a list, §5.2.7.3 of an alias with several targets).
inline constexpr std::string_view list_transport = "expanded:list";
inline constexpr std::string_view alias_transport = "expanded:alias";

/// One recipient, as resolved when the message was accepted.
struct Recipient {
    smtp::Mailbox address = {};
    /// Stands in for the envelope's sender in what is sent to this recipient (SRS, the owner of a list).
    std::optional<smtp::ReversePath> sender = {};
    std::optional<OriginalRecipient> original = {};
    std::optional<smtp::DsnNotify> notify = {};  ///< NOTIFY= (RFC 3461 §4.1)
    std::string transport = {};                  ///< how it leaves; empty: by the address's domain
    bool require_tls = false;                    ///< REQUIRETLS
    bool operator==(const Recipient&) const = default;
};

/// BY=, its time made absolute.
struct DeliverBy {
    std::int64_t at = 0;  ///< seconds since 1970
    /// What follows when the time is over: the message goes back (R), or a delay is told and delivery goes on (N).
    enum class Mode { return_message, notify };
    Mode mode = Mode::notify;
    bool trace = false;  ///< T
    bool operator==(const DeliverBy&) const = default;
};

/// Who handed the message in; for its story.
struct Client {
    std::string address;  ///< IP address as text; empty: made here
    std::string helo;
    std::string user;  ///< who was authenticated; empty: nobody
    bool operator==(const Client&) const = default;
};

struct Envelope {
    std::string id;            ///< of the transaction; the message's id in the queue and in its story
    std::int64_t arrived = 0;  ///< seconds since 1970
    smtp::ReversePath sender;
    std::optional<std::string> envelope_id;   ///< ENVID= (RFC 3461 §4.4), decoded
    std::optional<smtp::DsnReturn> ret;       ///< RET= (RFC 3461 §4.3)
    smtp::Body body = smtp::Body::seven_bit;  ///< what the content needs (RFC 6152 §2)
    bool smtputf8 = false;                    ///< the content or an address needs it (RFC 6531 §3.4)
    bool require_tls = false;                 ///< REQUIRETLS
    bool tls_optional = false;                ///< TLS-Required: No (RFC 8689 §3): policies of TLS don't count
    int priority = 0;                         ///< MT-PRIORITY=, -9 to 9
    std::optional<std::int64_t> hold_until;   ///< HOLDUNTIL=, HOLDFOR=: not due before, seconds since 1970
    std::optional<DeliverBy> deliver_by;      ///< BY=
    bool untried = false;                     ///< nobody was handed it under this id before it came into the queue
    Client client;
    std::vector<Recipient> recipients;  ///< 1 to max_recipients; the journal names them by their place here
    bool operator==(const Envelope&) const = default;
};

/// key=value lines; a line `recipient=` begins a recipient, whose fields follow it.
std::string to_text(const Envelope& envelope);
/// Errors: invalid, limit; unsupported: a field that only a later version knows.
Result<Envelope> parse_envelope(std::string_view text);

}  // namespace posthouse::spool
