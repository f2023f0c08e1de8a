// Receiver: queued's end.
#pragma once

#include <string>

#include "lib/base/fd.h"
#include "lib/net/poller.h"
#include "queued/wake/signal.h"

namespace posthouse::wake {

class Receiver {
  public:
    /// Binds the socket with mode 0660, in place of one that was left behind. Errors: limit (the path's name is too
    /// long), denied, io.
    static Result<Receiver> bind(net::Loop& loop, const std::string& path);
    Receiver(Receiver&&) noexcept = default;
    Receiver& operator=(Receiver&&) noexcept = default;
    /// Removes the socket.
    ~Receiver();

    /// The next signal; what can't be read is passed over. Errors: cancelled; timeout; io.
    net::Async<Result<Signal>> next(net::Deadline deadline);
    /// Ends next(), now and later, with `cancelled`.
    void cancel() { poller_.cancel(); }

  private:
    Receiver(net::Loop& loop, UniqueFd socket, std::string path);
    UniqueFd socket_;
    net::Poller poller_;
    std::string path_;
};

}  // namespace posthouse::wake
