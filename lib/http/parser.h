// Reads HTTP/1.1 messages out of bytes (RFC 9112), with bounds. Boost.Beast's parser works behind it, without its I/O.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "lib/base/result.h"
#include "lib/http/message.h"

namespace posthouse::http {

struct Limits {
    std::size_t header_octets = 16'384;  ///< request line and fields together
    std::uint64_t body_octets = 1 << 20;
};

/// Reads the requests of one connection: feed() what was read, then call next() until it gives none. A failure is
/// final: answer status() and close.
class RequestParser {
  public:
    explicit RequestParser(Limits limits = {});
    ~RequestParser();
    RequestParser(RequestParser&&) noexcept;
    RequestParser& operator=(RequestParser&&) noexcept;

    /// Keeps the next bytes of the connection; they may hold several requests, or a part of one.
    void feed(std::string_view bytes);
    /// The next complete request; none while more bytes are needed. invalid: malformed; limit: over a bound.
    Result<std::optional<Request>> next();
    /// The status that tells the client why next() failed: 400, 413 or 431.
    int status() const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

/// Reads one response, as a client.
class ResponseParser {
  public:
    explicit ResponseParser(Limits limits = {});
    ~ResponseParser();
    ResponseParser(ResponseParser&&) noexcept;
    ResponseParser& operator=(ResponseParser&&) noexcept;

    /// Takes the next bytes.
    Result<> feed(std::string_view bytes);
    /// The peer closed the connection: ends a body without length; invalid when the response is cut off.
    Result<> end();
    bool complete() const;
    /// The response; call it once, when complete().
    Response take();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace posthouse::http
