// Segments: the files into which daemons write their events, read. lib/story/segment_file.h is their writer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "lib/base/fd.h"
#include "lib/base/result.h"

namespace posthouse::history {

/// Most segments that are looked at.
inline constexpr std::size_t max_segments = 10'000;

/// Their file names, sorted. Errors: of the folder; not_found: it isn't there.
Result<std::vector<std::string>> segment_names(const std::string& folder);

class Segment {
  public:
    /// Errors: not_found, denied, io.
    static Result<Segment> open(const std::string& path);

    /// Nobody appends to it any more. Holds the lock that says so from then on: ask before the last read().
    bool finished();
    Result<std::uint64_t> octets() const;
    /// Last change, seconds since 1970.
    Result<std::int64_t> changed() const;
    /// Lines from `offset` on, at most `max` octets (at least story::max_line); the last one is whole. Empty: there is
    /// none yet. What is no line even so is given as it is, to be passed over.
    Result<std::string> read(std::uint64_t offset, std::size_t max) const;

  private:
    explicit Segment(UniqueFd file) : file_(std::move(file)) {}
    UniqueFd file_;
};

}  // namespace posthouse::history
