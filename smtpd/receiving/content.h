// Content: a message while it is received: in memory up to 128 KiB, then in a file of the spool that becomes its queue
// file if it has to wait.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/net/pool.h"
#include "queued/spool/writer.h"
#include "smtpd/delivery/queue.h"

namespace posthouse::smtpd {

/// Gone with its owner, unless enqueue() has succeeded.
class Content {
  public:
    static constexpr std::size_t max_in_memory = 128u << 10;
    static constexpr std::size_t piece = 64u << 10;

    Content(net::Pool& disk, Queue& queue) : disk_(disk), queue_(queue) {}

    /// Where new bytes are appended to; call settle() after it.
    std::string& tail() { return tail_; }
    /// Moves the tail into the file when it is too large for memory. Errors: no_space, denied, io.
    net::Async<Result<>> settle();
    /// Appends. Blocks: for a thread of the pool, after Queue::open(). Errors: as settle().
    Result<> append(std::string_view bytes);

    std::uint64_t size() const { return in_file() + tail_.size(); }
    /// The bytes from `offset` on, at most `piece` of those that are in the file, else all; empty at the end.
    net::Async<Result<std::string>> read(std::uint64_t offset);
    /// Everything, when nothing is in the file: saves a copy.
    const std::string* in_memory() const { return writer_ ? nullptr : &tail_; }

    /// Puts the message, `front` and the content, into the queue, durably; the content is of no use after it. Errors:
    /// as settle() and Queue::finish().
    net::Async<Result<>> enqueue(const spool::Envelope& envelope, std::string_view front);

  private:
    std::uint64_t in_file() const { return writer_ ? writer_->size() : 0; }
    Result<> write_tail();

    net::Pool& disk_;
    Queue& queue_;
    std::string tail_;
    std::optional<spool::Writer> writer_;
};

}  // namespace posthouse::smtpd
