// ConnectionCache: connections to servers that are open and have nothing to do, kept for the next message.
#pragma once

#include <chrono>
#include <cstddef>
#include <list>
#include <memory>
#include <string>
#include <string_view>

#include "lib/net/event.h"
#include "lib/net/scope.h"
#include "lib/transfer/conversation.h"

namespace posthouse::queued {

/// A conversation that is under way, and whose it is.
struct Connection {
    Connection(net::Stream stream, transfer::Terms terms) : conversation(std::move(stream), std::move(terms)) {}
    transfer::Conversation conversation;
    std::string key;                               ///< what it may be used for again
    std::string peer;                              ///< "mx.example.net[192.0.2.1]", for people
    std::string local_ip;                          ///< this side's address
    bool is_socket = false;                        ///< of this machine, a Unix socket
    net::Deadline until = net::Deadline::never();  ///< after it, it takes no further message
};

/// Of one loop. Ends those that were kept long enough, with QUIT.
class ConnectionCache {
  public:
    /// `idle`: how long one is kept; `most`: how many.
    ConnectionCache(net::Loop& loop, std::chrono::milliseconds idle, std::size_t most);

    /// One that was kept with this key, the last one first, and is still open; nullptr: none.
    std::unique_ptr<Connection> take(std::string_view key);
    void keep(std::unique_ptr<Connection> connection);
    /// QUIT, beside whatever else goes on.
    void end(std::unique_ptr<Connection> connection);
    /// Ends all that are kept now.
    void clear();
    /// From now on `idle` and `most` are these.
    void set_limits(std::chrono::milliseconds idle, std::size_t most);

    std::size_t size() const { return kept_.size(); }
    /// Ends all; none is kept from now on. Waits until they are gone.
    net::Async<> close();

  private:
    struct Kept {
        std::unique_ptr<Connection> connection;
        net::Deadline until;
    };
    net::Async<> sweep();
    static net::Async<> quit(std::unique_ptr<Connection> connection);

    net::Scope scope_;
    net::Event changed_;
    std::chrono::milliseconds idle_;
    std::size_t most_;
    bool sweeping_ = false;
    bool closed_ = false;
    std::list<Kept> kept_;  ///< the oldest first
};

}  // namespace posthouse::queued
