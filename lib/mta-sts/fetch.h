// Fetching a policy by HTTPS (RFC 8461 §3.3).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/https/request.h"
#include "lib/net/address.h"

namespace posthouse::mta_sts {

struct FetchSettings {
    https::Settings https{};
    std::uint16_t port = 443;
};

/// The content of https://mta-sts.<domain>/.well-known/mta-sts.txt, asked of `addresses`, those of mta-sts.<domain> by
/// our own resolver (https::ask). Blocks for the time-out at most.
/// Errors: denied (the certificate is not good for mta-sts.<domain>), limit (more than max_policy_bytes), invalid
/// (another type than text/plain), unavailable (anything else: no public address, no answer in time, another status
/// than 200).
Result<std::string> fetch_policy(const FetchSettings& settings, std::string_view domain,
                                 const std::vector<net::Address>& addresses);

}  // namespace posthouse::mta_sts
