// Sender: tells queued. For smtpd, which must never wait for it, and for the command line.
#pragma once

#include <chrono>
#include <string>

#include "lib/base/fd.h"
#include "queued/wake/signal.h"

namespace posthouse::wake {

/// Where queued's socket is; `run_folder`: general.run_folder.
std::string socket_path(const std::string& run_folder);

/// Used by one thread at a time.
class Sender {
  public:
    /// `path`: of queued's socket, which needn't exist yet.
    explicit Sender(std::string path);
    /// Never blocks. False: it could not be told (queued is away, or has much to read).
    bool tell(const Signal& signal);
    /// Waits while queued has much to read, at most so long. False: it could not be told.
    bool tell_within(const Signal& signal, std::chrono::milliseconds patience);

  private:
    bool send(const Signal& signal, int flags);
    std::string path_;
    UniqueFd socket_;
};

}  // namespace posthouse::wake
