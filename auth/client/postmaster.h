// Who the postmaster of this server may be.
#pragma once

#include <string>
#include <vector>

#include "lib/config/config.h"

namespace posthouse::auth {

/// The addresses that are asked for, in order: directory.postmaster, which may be anywhere; and postmaster of the host
/// name's domain and of the one above, where that is a domain of ours (RFC 5321 §4.5.1).
std::vector<std::string> postmaster_addresses(const config::Config& config);

}  // namespace posthouse::auth
