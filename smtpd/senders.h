// Senders: as whom a client may send.
#pragma once

#include <optional>
#include <string>

#include "lib/net/async.h"
#include "smtpd/refusal.h"
#include "smtpd/session.h"

namespace posthouse::smtpd {

/// Whether the domain is one of this server's. Errors: the directory is away.
net::Async<Result<bool>> is_ours(Session& session, const std::string& domain);
/// The same of the transaction's sender, who is not the null one; the directory is asked once.
net::Async<Result<bool>> sender_is_ours(Session& session);

/// Why a message from `sender` isn't taken of this client: 553 5.7.1 for who has logged in and doesn't own the address,
/// and 451 when authd can't tell. nullopt: it is taken.
net::Async<std::optional<Refusal>> sender_refusal(Session& session, const smtp::ReversePath& sender);

/// Why mail of a stranger isn't taken from a sender whose domain takes no answer, by DNS
/// (smtpd.reject_unknown_sender_domain): 550 5.1.8 or 5.7.27, and 450 4.1.8 when DNS doesn't answer. nullopt: it is
/// taken.
net::Async<std::optional<Refusal>> sender_domain_refusal(Session& session, const smtp::ReversePath& sender);

/// Why a host in smtpd.mynetworks that hasn't logged in may not send to another server as `sender`
/// (smtpd.mynetworks_sender_domains). nullopt: it may.
std::optional<Refusal> network_sender_refusal(const Session& session, const smtp::ReversePath& sender);

}  // namespace posthouse::smtpd
