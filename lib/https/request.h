// One request by HTTPS to a server that a stranger names. With it, what must not be reached that way isn't: this
// network, other protocols, other places than the one named. request.cpp is the only file that sees libcurl.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/net/address.h"

namespace posthouse::https {

struct Settings {
    std::string ca_file{};  ///< authorities; empty: the system's
    /// Addresses that may be asked though they are not public (public_address.h).
    std::vector<net::Network> allowed{};
    std::chrono::milliseconds timeout{60'000};
};

/// Where a request goes.
struct Place {
    std::string host;  ///< a domain
    std::uint16_t port = 443;
    std::string target = "/";  ///< path and query
    bool operator==(const Place&) const = default;
};
/// "https://report.example.com/v1/tlsrpt?x=y". Errors: invalid: another scheme, an IP address as the host, a user's
/// name, what is no URI.
Result<Place> parse_url(std::string_view url);

struct Request {
    Place place;
    std::vector<net::Address> addresses;  ///< of the host, by our own resolver; the first 8 public ones are used
    std::size_t max_answer = 64u << 10;   ///< bytes of the answer's content
    std::string content_type{};           ///< of `content`; empty: GET
    std::string content{};                ///< for POST
};

struct Answer {
    long status = 0;
    std::string content_type;
    std::string content;
};

/// Redirects are not followed, and no proxy is used. Blocks for `timeout` at most. Errors: denied (the certificate is
/// not good for the host), limit (the answer is longer), unavailable (anything else: no public address, no answer in
/// time).
Result<Answer> ask(const Settings& settings, const Request& request);

}  // namespace posthouse::https
