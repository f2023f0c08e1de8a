// Content: a message while it is received: in memory up to 128 KiB, then in an unnamed file in the spool folder.
#pragma once

#include <cstdint>
#include <string>

#include "lib/base/fd.h"
#include "lib/base/result.h"
#include "lib/net/pool.h"

namespace posthouse::smtpd {

/// Never synced and gone with its owner: a message is not acknowledged before it lies in the Maildir.
class Content {
  public:
    static constexpr std::size_t max_in_memory = 128u << 10;
    static constexpr std::size_t piece = 64u << 10;

    Content(net::Pool& disk, std::string folder) : disk_(disk), folder_(std::move(folder)) {}

    /// Where new bytes are appended to; call settle() after it.
    std::string& tail() { return tail_; }
    /// Moves the tail into the file when it is too large for memory. Errors: no_space, io.
    net::Async<Result<>> settle();

    std::uint64_t size() const { return in_file_ + tail_.size(); }
    /// The bytes from `offset` on, at most `piece` of those that are in the file, else all; empty at the end.
    net::Async<Result<std::string>> read(std::uint64_t offset);
    /// Everything, when nothing is in the file: saves a copy.
    const std::string* in_memory() const { return in_file_ == 0 ? &tail_ : nullptr; }

  private:
    net::Pool& disk_;
    std::string folder_;
    std::string tail_;
    UniqueFd file_;
    std::uint64_t in_file_ = 0;
};

}  // namespace posthouse::smtpd
