// What a process did to the files below a folder, call by call, and the states a power loss could leave of it.
#pragma once

#include <cstdint>
#include <ctime>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "tests/crash/system_calls.h"

namespace posthouse::storage::crash {

/// A file or folder, whatever its names; the top folder is 0.
using ObjectId = std::size_t;

/// One call that changed something, or made sure of it.
struct DiskChange {
    enum Kind { make_file, make_folder, link, unlink, rename, write, truncate, set_time, sync, sync_data };
    Kind kind;
    ObjectId object = 0;  ///< made, linked, removed, renamed, written, synced
    ObjectId folder = 0;  ///< where it is named
    std::string name = {};
    ObjectId to_folder = 0;  ///< rename, link: its new place
    std::string to_name = {};
    std::int64_t offset = 0;  ///< write; the size for truncate
    std::string bytes = {};
    timespec time = {};

    /// An entry of a folder comes, goes or moves.
    bool is_naming() const { return kind <= rename; }
    bool is_sync() const { return kind == sync || kind == sync_data; }
};

/// Writes down all changes below `top`, which is empty when it begins.
class DiskLog : public Tap {
  public:
    explicit DiskLog(const std::string& top);
    int before(const Call& call) override;
    void after(const Call& call, long result) override;

    const std::vector<DiskChange>& changes() const { return changes_; }

  private:
    using Inode = std::pair<std::uint64_t, std::uint64_t>;
    /// The folder and the last part of a path; nothing when it lies elsewhere.
    std::optional<std::pair<ObjectId, std::string>> place(int folder, const char* path) const;
    std::optional<ObjectId> known(int fd) const;
    std::optional<ObjectId> known(int folder, const char* path, bool follows_link = false) const;

    std::map<Inode, ObjectId> objects_;
    std::size_t next_ = 1;
    std::vector<DiskChange> changes_;
    std::optional<ObjectId> target_;  ///< of the call under way, before it
    std::int64_t offset_ = 0;
    bool existed_ = false;
};

/// How much of what was not synced is there after the power failed.
enum class Survival {
    nothing,         ///< only what was synced
    names_only,      ///< every change of folders, no unsynced data
    everything,      ///< as if there had been time
    names_in_order,  ///< folders' changes up to some moment; of each file's data, some
    any_names,       ///< any of the folders' changes, in any order; of each file's data, some
};

/// Puts below `target`, an empty folder, what could be found there if the power had failed after the first `count`
/// changes. A rename is one change, whole or not at all, in both its folders (as on every journalling file system); a
/// folder's sync makes sure of what was named in it, a file's sync of its content only.
void restore(const std::vector<DiskChange>& changes, std::size_t count, Survival survival, std::mt19937& random,
             const std::string& target);

}  // namespace posthouse::storage::crash
