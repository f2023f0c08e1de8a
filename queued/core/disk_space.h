// DiskSpace: whether the file system of the spool can take new messages: for /metrics, for /ready, and once for the
// log.
#pragma once

#include <string>

#include "lib/net/event.h"
#include "queued/core/parts.h"

namespace posthouse::queued {

/// Of the loop's thread.
class DiskSpace {
  public:
    explicit DiskSpace(Parts& parts) : parts_(parts) {}

    /// Looks each few seconds until `stopping` is cancelled.
    net::Async<> run(net::Event& stopping);
    /// Looks now. Errors: no_space, as smtpd has it: less than smtpd.queue_minfree, or no inode left; io.
    net::Async<Result<>> look();

  private:
    Parts& parts_;
    bool was_full_ = false;
};

}  // namespace posthouse::queued
