// Index: the folder of index files, written.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "historyd/chunk.h"
#include "historyd/index_file.h"

namespace posthouse::history {

/// The numbers of the index files in a folder, rising: `000001.sqlite` and so on. None when it can't be read.
std::vector<std::uint64_t> index_files(const std::string& folder);
std::string index_path(const std::string& folder, std::uint64_t number);

/// New events go into the file with the highest number, until that has a thirtieth of the retention or a sixteenth of
/// the size; what is too old or too much is removed by the file. A damaged file is put aside, as `damaged-…`, and
/// another one begun. Blocks; one thread at a time.
class Index {
  public:
    struct Limits {
        std::chrono::milliseconds retention = std::chrono::hours(24 * 30);
        std::uint64_t octets = 2ULL << 30U;
    };

    explicit Index(std::string folder) : folder_(std::move(folder)) {}

    bool is_open() const { return current_.has_value(); }
    /// Begins, or goes on after an error. Errors: of the disk.
    Result<> open();
    /// How far a segment is indexed.
    std::uint64_t offset(std::string_view segment) const;
    /// As IndexFile. An error closes it: open() anew, perhaps later.
    Result<> add(const Chunk& chunk, std::string_view segment, std::uint64_t offset);
    /// Removes the segments' offsets; they are gone.
    Result<> forget(const std::vector<std::string>& segments);
    Result<> checkpoint();
    /// Begins a new file when it is time, and removes what is too old or too much, at the time `now` (milliseconds
    /// since 1970).
    Result<> tidy(const Limits& limits, std::int64_t now);
    /// Names of segments that have an offset here, but aren't in `present` (sorted).
    std::vector<std::string> gone(const std::vector<std::string>& present) const;

    std::uint64_t octets() const { return octets_; }
    /// Files that were put aside since it was made.
    std::uint64_t damaged() const { return damaged_; }

  private:
    Result<> begin_file(std::uint64_t number);
    Result<> settle(Result<> result);
    void put_aside(std::uint64_t number, const Error& why);
    void remove(std::uint64_t number);

    std::string folder_;
    std::optional<IndexFile> current_;
    std::uint64_t number_ = 0;
    std::map<std::string, std::uint64_t, std::less<>> offsets_;
    std::uint64_t octets_ = 0;
    std::uint64_t damaged_ = 0;
};

}  // namespace posthouse::history
