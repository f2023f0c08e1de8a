// LmtpPool: the connections of one worker to lmtpd, opened when needed and kept.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lib/net/event.h"
#include "lib/transfer/conversation.h"

namespace posthouse::smtpd {

class LmtpPool {
  public:
    /// `path`: lmtpd's socket. At most `connections` messages are delivered at one time, the others wait.
    LmtpPool(net::Loop& loop, std::string path, std::string hostname, std::size_t connections);

    struct Patience {
        net::Deadline connection;  ///< for one that is free
        net::Deadline delivery;    ///< for all of it
    };
    /// Delivers by a free connection; gives the reply for each recipient. When a kept connection turns out to be dead
    /// before the content went out, a new one is tried. Errors: busy, no connection is free; all mean that nothing is
    /// known to be stored, and that the delivery has to be repeated under the same id.
    net::Async<Result<std::vector<smtp::Reply>>> deliver(const transfer::Message& message, transfer::Source& content,
                                                         Patience patience);
    /// Whether lmtpd answers. For /ready.
    net::Async<Result<>> probe(net::Deadline deadline);
    /// Says QUIT on all idle connections.
    net::Async<> close();
    std::size_t idle() const { return idle_.size(); }

  private:
    using Connection = std::unique_ptr<transfer::Conversation>;
    net::Async<Result<std::vector<smtp::Reply>>> deliver_with_permit(const transfer::Message& message,
                                                                     transfer::Source& content, net::Deadline deadline);
    net::Async<Result<Connection>> open(net::Deadline deadline) const;
    Result<std::vector<smtp::Reply>> keep(Connection connection, transfer::Sent sent);
    Connection take_idle();

    net::Loop& loop_;
    std::string path_;
    std::string hostname_;
    net::Semaphore permits_;
    std::vector<Connection> idle_;  ///< the one used last is used next
};

}  // namespace posthouse::smtpd
