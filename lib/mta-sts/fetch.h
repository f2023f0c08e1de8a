// Fetching a policy by HTTPS (RFC 8461 §3.3). The only file that sees libcurl.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/net/address.h"

namespace posthouse::mta_sts {

struct FetchSettings {
    std::string ca_file{};  ///< authorities; empty: the system's
    std::uint16_t port = 443;
    /// Addresses that may be asked though they are not public (public_address.h).
    std::vector<net::Network> allowed{};
    std::chrono::milliseconds timeout{60'000};
};

/// The content of https://mta-sts.<domain>/.well-known/mta-sts.txt, asked of `addresses`, those of mta-sts.<domain> by
/// our own resolver; the others, and redirects, are not followed, and no proxy is used. Blocks for `timeout` at most.
/// Errors: denied (the certificate is not good for mta-sts.<domain>), limit (more than max_policy_bytes), invalid
/// (another type than text/plain), unavailable (anything else: no public address, no answer in time, another status
/// than 200).
Result<std::string> fetch_policy(const FetchSettings& settings, std::string_view domain,
                                 const std::vector<net::Address>& addresses);

}  // namespace posthouse::mta_sts
