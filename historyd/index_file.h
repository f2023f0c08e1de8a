// IndexFile: one SQLite file with the events of a while.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "historyd/chunk.h"
#include "historyd/database.h"

namespace posthouse::history {

/// Version of the tables, in SQLite's user_version.
inline constexpr std::int64_t schema_version = 1;

/// Errors of all functions: as Database.
class IndexFile {
  public:
    /// Creates it when it isn't there, or was left without tables.
    static Result<IndexFile> create(const std::string& path);
    /// Opens what is there. Errors also: unsupported; not_found: it was left before it had tables.
    static Result<IndexFile> open(const std::string& path, Database::Open how);

    // Writing

    /// The chunk is in the index, and `segment` is indexed up to `offset`: both or neither.
    Result<> add(const Chunk& chunk, std::string_view segment, std::uint64_t offset);
    /// The segment is gone.
    Result<> forget(std::string_view segment);
    /// What was added so far is on the disk.
    Result<> checkpoint();

    // Reading

    /// How far segments are indexed.
    Result<std::map<std::string, std::uint64_t, std::less<>>> offsets();
    /// Everything that follows sees the file as it is now.
    Result<> hold_still();
    /// Time of the event that was added first; 0: there is none.
    Result<std::int64_t> first();
    /// Time of the latest event; 0: there is none.
    Result<std::int64_t> last();
    /// Calls with the lines of each chunk, the latest first, in which events of this time may have one of the keys (no
    /// keys: any); until it says false.
    Result<> find(const std::vector<std::string>& keys, std::int64_t since, std::int64_t until,
                  const std::function<bool(std::string_view lines)>& call);

  private:
    explicit IndexFile(Database database) : database_(std::move(database)) {}
    Result<> insert(const Chunk& chunk);
    Result<std::vector<std::int64_t>> chunks_with(const std::vector<std::string>& keys);

    Database database_;
};

}  // namespace posthouse::history
