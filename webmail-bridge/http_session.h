// One HTTP/1.1 connection of a client (RFC 9112): requests in, responses out, with bounds on size and time.
#pragma once

#include <chrono>
#include <string>

#include "lib/http/message.h"
#include "lib/net/async.h"
#include "lib/net/stream.h"

namespace posthouse::bridge {

/// Answers requests.
class Handler {
  public:
    virtual ~Handler() = default;
    /// The response; security headers, Date and Connection are added to it.
    virtual net::Async<http::Response> handle(const http::Request& request) = 0;
    /// A request that could not be understood was answered with `status`.
    virtual void malformed(int status) = 0;
};

/// Serves until the client closes, is silent for `timeout`, or the daemon drains. A client that has not sent a whole
/// request after `timeout`, however slowly it goes on, is answered 408 (RFC 9110 §15.5.9).
net::Async<> serve_http(net::Stream& stream, std::chrono::milliseconds timeout, Handler& handler);

/// `time` (seconds since 1970) as HTTP writes it, RFC 9110 §5.6.7: "Sun, 06 Nov 1994 08:49:37 GMT".
std::string http_date(std::int64_t time);

}  // namespace posthouse::bridge
