// The files into which one process writes its events: historyd/segments.h is their reader.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/fd.h"
#include "lib/base/result.h"
#include "lib/config/config.h"

namespace posthouse::story {

/// Appends lines to `<folder>/<name>-<id>.jsonl`, in a new file from time to time. A file is locked (flock, shared) as
/// long as its process may append to it: who gets the exclusive lock knows that it is finished. Nothing is synced. One
/// thread at a time; blocks.
class SegmentFile {
  public:
    struct Settings {
        std::string folder;
        std::string name;                 ///< the daemon's
        std::uint64_t octets = 8u << 20;  ///< a file that has so many is followed by another
        std::chrono::milliseconds age = std::chrono::minutes(10);
        std::uint64_t folder_octets = 512u << 20;  ///< no new file when all files in the folder have more
    };

    /// Where the configuration says; `name`: of the program.
    static Settings settings_for(const config::Config& config, std::string_view name);
    explicit SegmentFile(Settings settings) : settings_(std::move(settings)) {}

    /// Writes what an earlier call could not, then `lines`. What can't be written is kept for the next call: give
    /// nothing new until one succeeds. The beginning of a line may be in the file, and stands there alone then. Errors:
    /// of the file (no_space, io, …); limit: the folder is full, nobody reads it.
    Result<> append(std::string lines);
    /// Octets that are kept.
    std::size_t unwritten() const { return pending_.size(); }

  private:
    Result<> open();
    bool is_over() const;
    Result<> write_pending();

    Settings settings_;
    UniqueFd file_;
    std::string pending_;
    std::uint64_t octets_ = 0;
    std::chrono::steady_clock::time_point opened_;
    bool torn_ = false;  ///< the file ends within a line
};

}  // namespace posthouse::story
