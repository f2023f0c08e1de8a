// Link: a persistent connection to a socket of authd, on which many requests wait for their replies at once. Base of
// the clients in this folder.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "lib/base/result.h"
#include "lib/net/event.h"
#include "lib/net/loop.h"
#include "lib/net/scope.h"
#include "lib/net/stream.h"

namespace posthouse::auth {

/// One coroutine owns the connection: it sends what requests have queued, and hands replies over as they come. It
/// starts with the first request and again with the first one after the connection was lost, so that a server that
/// restarts is found again. Belongs to the loop's thread.
class Link {
  public:
    Link(net::Loop& loop, std::string path);
    Link(const Link&) = delete;
    Link& operator=(const Link&) = delete;
    /// close() must have been awaited if there was a request.
    virtual ~Link();

    /// Ends the connection and every waiting request (`cancelled`); later requests fail at once.
    net::Async<> close();
    bool connected() const { return connected_; }

  protected:
    /// What is sent first on a new connection.
    virtual std::string greeting() { return {}; }
    /// Reads what has come, at least one byte, and hands replies to their requests.
    virtual net::Async<Result<>> receive(net::Stream& stream, net::Deadline deadline) = 0;
    /// The connection is gone: every waiting request ends with `error`.
    virtual void lost(const Error& error) = 0;

    /// Queues bytes for the server, connecting first when needed.
    Result<> send(std::string bytes);
    net::Loop& loop() { return loop_; }

  private:
    net::Async<> run();
    net::Async<Result<>> converse(net::Stream& stream);

    net::Loop& loop_;
    std::string path_;
    net::Scope scope_;
    std::string output_;
    std::unique_ptr<net::Stream> stream_;
    bool running_ = false;
    bool connected_ = false;
    bool closing_ = false;
};

}  // namespace posthouse::auth
