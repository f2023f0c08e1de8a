// Queue: the spool as smtpd sees it: messages go in, and queued is woken.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/net/deadline.h"
#include "lib/net/pool.h"
#include "queued/spool/writer.h"
#include "queued/wake/sender.h"

namespace posthouse::smtpd {

/// One per worker. What the disk does happens on the pool's threads.
class Queue {
  public:
    /// `wake_socket`: the Unix datagram socket on which queued hears of new messages.
    Queue(net::Pool& disk, std::string spool_folder, std::string wake_socket);

    /// Opens the spool, and makes it where it is missing. Later calls try again if that was in vain. Errors: denied,
    /// no_space, io.
    net::Async<Result<>> open();
    /// Whether a message of so many bytes leaves so many free. Looks at the disk once a second at most. Errors: as
    /// open.
    net::Async<Result<bool>> has_room(std::uint64_t bytes, std::uint64_t keep_free);
    /// A message to be written. Blocks: for a thread of the pool, after open(). Errors: no_space, denied, io.
    Result<spool::Writer> begin() const;
    /// Puts the message into the queue, durably, and wakes queued. Errors: as Writer::finish.
    net::Async<Result<>> finish(spool::Writer& writer, const spool::Envelope& envelope, std::string_view front);

  private:
    net::Pool& disk_;
    const std::string folder_;
    wake::Sender wake_;
    std::optional<spool::Incoming> incoming_;
    std::uint64_t free_bytes_ = 0;
    net::Clock::time_point looked_at_;
    bool looked_ = false;
};

}  // namespace posthouse::smtpd
