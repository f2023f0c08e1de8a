// Outbound's settings out of the configuration, with what its files hold.
#pragma once

#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/config/config.h"
#include "lib/config/load.h"
#include "lib/mta-sts/policies.h"
#include "queued/outbound/settings.h"

namespace posthouse::queued {

/// Reads the files that are named: authorities, the own certificate, passwords. Errors: invalid, not_found, denied; the
/// text names the parameter.
Result<OutboundSettings> outbound_settings(const config::Config& config);
/// What of [outbound] and dns.servers keeps queued from starting, all of it: with the files, by the rights of the
/// effective user. Empty: nothing.
config::Problems outbound_problems(const config::Config& config, const config::Origins& origins);
/// Log-ins of outbound.credentials that fit no next hop: neither outbound.relayhost nor one of `transports`
/// ("smtp:[mail.example.net]:587"), nor a domain whose mail goes to its own hosts.
config::Problems outbound_warnings(const config::Config& config, const config::Origins& origins,
                                   const std::vector<std::string>& transports);
/// Policies are fetched from servers that the same authorities vouch for as mail hosts.
mta_sts::PoliciesSettings policies_settings(const config::Config& config);
/// outbound.relayhost as the next hop of a transport: for parse_route. Errors: invalid.
Result<std::string> relayhost(const config::Config& config);

}  // namespace posthouse::queued
