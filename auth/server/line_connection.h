// LineConnection: a connection whose requests are lines, and whose replies are written by whoever has one.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/net/scope.h"
#include "lib/net/stream.h"
#include "lib/sasl/line_reader.h"

namespace posthouse::auth {

/// Base of the sessions on the sockets auth, login and userdb. One coroutine reads lines and sends replies; requests
/// that take time run in scope() and reply() later.
class LineConnection {
  public:
    LineConnection(net::Loop& loop, net::Stream& stream) : stream_(stream), scope_(loop) {}
    LineConnection(const LineConnection&) = delete;
    LineConnection& operator=(const LineConnection&) = delete;
    virtual ~LineConnection();

    /// Serves until the peer closes, sends nonsense (the error says what), or the daemon drains; running requests are
    /// answered first.
    net::Async<Result<>> serve(std::string greeting);

  protected:
    /// One line; an error ends the connection.
    virtual Result<> handle(std::string_view line) = 0;
    /// Sends a reply soon.
    void reply(std::string_view bytes);
    /// Ends the connection after the replies so far.
    void end();
    net::Scope& scope() { return scope_; }
    /// Room for one more request: not more than 1,000 at once.
    bool has_room() const;

  private:
    net::Async<Result<>> converse();

    net::Stream& stream_;
    net::Scope scope_;
    sasl::LineReader lines_;
    std::string output_;
    bool ended_ = false;
};

}  // namespace posthouse::auth
