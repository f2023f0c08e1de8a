// Indexer: takes what daemons have written into the index, and removes their files when they are done. Blocks.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "historyd/index.h"

namespace posthouse::history {

/// What one pass did, and what is left.
struct Pass {
    std::uint64_t events = 0;
    std::uint64_t damaged_lines = 0;
    std::uint64_t lost = 0;      ///< events that daemons said they could not write
    std::uint64_t segments = 0;  ///< that are there
    std::uint64_t waiting = 0;   ///< octets that are not indexed yet
    std::int64_t latest = 0;     ///< time of the latest event that was indexed, milliseconds since 1970; 0: none was
    bool more = false;           ///< go on at once
};

class Indexer {
  public:
    /// `folder` has the segments in `incoming` and the index in `index`. A segment that is done is removed when it
    /// wasn't changed for `grace`: who reads along has seen it then.
    explicit Indexer(const std::string& folder, std::chrono::seconds grace = std::chrono::seconds(2));

    /// A piece of each segment. Whenever the process is killed, the next pass goes on exactly there. Errors: of the
    /// disk and of the index; nothing is lost, try again.
    Result<Pass> pass();
    Result<> tidy(const Index::Limits& limits, std::int64_t now);
    const Index& index() const { return index_; }

  private:
    Result<> take(const std::string& name, Pass& pass);
    Result<> remove_done();

    std::string incoming_;
    std::chrono::seconds grace_;
    Index index_;
    std::vector<std::string> done_;  ///< segments that may be removed
};

}  // namespace posthouse::history
