// Senders: as whom a client may send.
#pragma once

#include <optional>

#include "lib/net/async.h"
#include "lib/smtp/reply.h"
#include "smtpd/session.h"

namespace posthouse::smtpd {

/// Why a message from `sender` isn't taken of this client: 553 5.7.1 for who has logged in and doesn't own the address,
/// and 451 when authd can't tell. nullopt: it is taken.
net::Async<std::optional<smtp::Reply>> sender_refusal(Session& session, const smtp::ReversePath& sender);

/// Why mail of a stranger isn't taken from a sender whose domain takes no answer, by DNS
/// (smtpd.reject_unknown_sender_domain): 550 5.1.8 or 5.7.27, and 450 4.1.8 when DNS doesn't answer. nullopt: it is
/// taken.
net::Async<std::optional<smtp::Reply>> sender_domain_refusal(Session& session, const smtp::ReversePath& sender);

/// Why a host in smtpd.mynetworks that hasn't logged in may not send to another server as `sender`
/// (smtpd.mynetworks_sender_domains). nullopt: it may.
std::optional<smtp::Reply> network_sender_refusal(const Session& session, const smtp::ReversePath& sender);

}  // namespace posthouse::smtpd
