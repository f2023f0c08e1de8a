// The socket on which daemons say READY=1 (systemd's sd_notify convention).
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "lib/base/fd.h"
#include "lib/base/result.h"

namespace posthouse::supervisor {

class NotifySocket {
  public:
    /// Errors: io, denied.
    static Result<NotifySocket> bind(const std::string& path);
    NotifySocket(NotifySocket&&) = default;
    NotifySocket& operator=(NotifySocket&&) = delete;
    ~NotifySocket();

    int fd() const { return fd_.get(); }
    const std::string& path() const { return path_; }
    /// The process that sent the next READY=1 (the kernel vouches for its id); 0 for another message; nullopt when
    /// nothing waits.
    std::optional<pid_t> receive() const;

  private:
    NotifySocket(UniqueFd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}
    UniqueFd fd_;
    std::string path_;
};

}  // namespace posthouse::supervisor
