// Whether mail fits into a mailbox, before it comes: for RCPT, and for whoever asks in the Postfix policy protocol.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "auth/client/userdb_client.h"
#include "lib/config/config.h"
#include "lib/net/pool.h"
#include "lib/net/stream.h"
#include "lib/smtp/reply.h"
#include "quota/service.h"

namespace posthouse::lmtpd {

/// The reply to a delivery that failed for quota; nullopt: for another reason. 552 5.2.3 (RFC 3463 §3.3): larger than
/// the mailbox may be; 552 5.2.2, or 452 4.2.2 where [quota] full_tempfail says so: full.
std::optional<smtp::Reply> quota_refusal(const Error& error, const config::Config& config);

/// Is there room in INBOX? `size` is what the client said, nothing when it said nothing. Errors: over_quota, limit.
/// What can't be told now is decided when the message is delivered.
net::Async<Result<>> check_room(quota::Service& quota, net::Pool& disk, const storage::AccountName& account,
                                const storage::SharedLimits& limits, std::optional<std::uint64_t> size);

/// Answers one connection of smtpd, or of a Postfix (check_policy_service): DUNNO, or the refusal, as Dovecot's
/// quota-status does. `config`: as it is now; connections live for hours.
net::Async<Result<>> serve_quota_questions(net::Stream& stream, quota::Service& quota, net::Pool& disk,
                                           auth::UserdbClient& users, std::function<config::Snapshot()> config);

}  // namespace posthouse::lmtpd
