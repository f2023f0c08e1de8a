// Listener: accepts connections on a bound socket. inherited_listeners(): the sockets a supervisor passed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lib/base/fd.h"
#include "lib/base/result.h"
#include "lib/net/address.h"
#include "lib/net/poller.h"

namespace posthouse::net {

struct Accepted {
    UniqueFd socket;  ///< non-blocking
    Address peer;
    Address local;
};

/// One listening socket.
class Listener {
  public:
    Listener(Loop& loop, UniqueFd socket);
    /// The next connection. Out of descriptors or memory: logs once a minute, waits a little, tries again.
    /// Errors: cancelled; io (the socket is unusable).
    Async<Result<Accepted>> accept();
    void cancel() { poller_.cancel(); }
    int fd() const { return socket_.get(); }
    Address local() const;

  private:
    Loop& loop_;
    UniqueFd socket_;
    Poller poller_;
};

/// Binds and listens on TCP; with SO_REUSEPORT, so that each worker has a socket of its own.
/// Errors: exists (address in use); denied; io.
Result<UniqueFd> listen_tcp(const Address& address);
/// Binds and listens on a Unix socket of mode `mode`. A stale socket file is replaced, one that answers is not
/// (exists). Paths longer than the kernel's 107 bytes work.
Result<UniqueFd> listen_unix(const std::string& path, unsigned mode = 0660);

/// A socket passed by systemd's convention (LISTEN_PID, LISTEN_FDS, LISTEN_FDNAMES; descriptors from 3).
struct Inherited {
    std::string name;
    UniqueFd socket;
};
/// Takes the passed sockets over (close-on-exec), once; removes the variables. Empty when there are none for this
/// process.
std::vector<Inherited> inherited_listeners();

}  // namespace posthouse::net
