// Connections of clients that are open now, over all workers. Pure: no I/O, no clock.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace posthouse::guard {

/// Counts by service and client network. Every count belongs to an owner, the worker that holds the connection, and
/// ends with it.
class ConnectionCounts {
  public:
    using Owner = std::uint64_t;

    /// Counts one more connection, unless that were more than `limit`. True: it counts.
    bool open(Owner owner, std::string_view service, std::string_view network, std::uint64_t limit);
    /// Counts connections that were let in before: of a worker whose connection to guardd is new.
    void restore(Owner owner, std::string_view service, std::string_view network, std::uint64_t count);
    /// One of the owner's connections ended. Nothing happens when it has none there.
    void close(Owner owner, std::string_view service, std::string_view network);
    /// The owner is gone, and all that it counted.
    void forget(Owner owner);

    std::uint64_t count(std::string_view service, std::string_view network) const;
    /// All connections that are counted.
    std::uint64_t total() const { return total_; }
    /// Pairs of service and network with a connection.
    std::size_t entries() const { return sums_.size(); }

  private:
    using Key = std::pair<std::string, std::string>;
    void subtract(const Key& key, std::uint64_t count);

    std::map<Key, std::uint64_t> sums_;
    std::map<Owner, std::map<Key, std::uint64_t>> owners_;
    std::uint64_t total_ = 0;
};

}  // namespace posthouse::guard
