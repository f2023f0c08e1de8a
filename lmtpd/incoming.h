// Incoming: the content of a message on its way from the connection to storage's delivery, with bounded memory.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/net/async.h"
#include "lib/net/pool.h"
#include "storage/delivery.h"

namespace posthouse::lmtpd {

/// Collects content; a small message costs one visit to the disk pool, a large one goes there in pieces.
class Incoming {
  public:
    /// Content up to here waits in memory.
    static constexpr std::size_t memory_octets = 131'072;

    Incoming(storage::Store& store, net::Pool& disk, storage::DeliveryOrder order);

    /// Content is appended here, then flow() is awaited.
    std::string& buffer() { return buffer_; }
    /// Writes what has gathered, when it is much. A failure is kept for commit(), so that the data is read to its end.
    net::Async<> flow();
    /// Delivers. One result per target; what succeeded is durable.
    net::Async<std::vector<Result<storage::Delivered>>> commit();

  private:
    Result<> write();

    storage::Store& store_;
    net::Pool& disk_;
    storage::DeliveryOrder order_;
    std::size_t targets_;
    std::string whom_;  ///< for the disk pool
    std::optional<storage::Delivery> delivery_;
    std::optional<Error> error_;
    std::string buffer_;
};

}  // namespace posthouse::lmtpd
