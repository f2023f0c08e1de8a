// The TLS side of DANE: OpenSSL's own verification by TLSA records, set up as RFC 7671 and RFC 7672 ask for SMTP.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/dane/decision.h"

struct ssl_ctx_st;
struct ssl_st;

namespace posthouse::dane {

/// Lets connections of this context be verified by TLSA records; those that aren't are as before.
bool enable(ssl_ctx_st* context);

/// Before the handshake of a client whose context was enabled, for a decision of level `verify`: the handshake fails
/// unless the server's chain matches a record. SNI is the base domain (RFC 7672 §8.1).
///
/// DANE-EE(3): the certificate or key matches, and nothing else counts: not its names, dates or issuer (RFC 7672
/// §3.1.1). DANE-TA(2): the chain leads to the record's authority, is in its dates, and the certificate is for the base
/// domain or one of `other_names` (RFC 7672 §3.2.2: the domain of the recipients, when the host is from its MX
/// records); "*" stands only for the whole first label. Of several matching types for one usage and selector the
/// strongest counts (RFC 7671 §9). Errors: internal.
Result<> require(ssl_st* ssl, const Decision& decision, const std::vector<std::string>& other_names);

/// The record by which a server was verified, after the handshake; nullopt: by none.
std::optional<dns::Tlsa> verified_by(ssl_st* ssl);

}  // namespace posthouse::dane
