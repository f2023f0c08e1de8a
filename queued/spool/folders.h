// The spool's folders: a message's state is the one it lies in.
//
//     spool_folder/        0710   those who write into incoming/ go through it
//         incoming/        02770  accepted, not tried yet; smtpd's group makes files here, the group is the queue's
//         deferred/        0700   tried, or taken over; waits until it is due
//         hold/            0700   kept back until an administrator releases it
//         corrupt/         0700   damaged files, put aside; nothing here is ever sent or deleted by itself
//
// A file has mode 0660 and the group of incoming/: smtpd, whose file it is, and queued read and write it. smtpd sees
// the names in incoming/ (whoever syncs a folder must be able to open it), and of the other folders not even these.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/fd.h"
#include "lib/base/result.h"
#include "queued/spool/queue_name.h"

namespace posthouse::spool {

enum class Folder { incoming, deferred, hold, corrupt };
inline constexpr std::array all_folders{Folder::incoming, Folder::deferred, Folder::hold, Folder::corrupt};

inline constexpr mode_t spool_folder_mode = 0710;
inline constexpr mode_t incoming_mode = 02770;
inline constexpr mode_t folder_mode = 0700;
inline constexpr mode_t file_mode = 0660;

/// Its name below the spool's folder.
std::string_view to_string(Folder folder);

/// Where a queue file is.
struct Place {
    Folder folder = Folder::incoming;
    QueueName name;
    bool operator==(const Place&) const = default;
};
/// "deferred/ID.DUE", for logs.
std::string to_string(const Place& place);

/// Makes those folders that are missing, with the modes above, durably. For queued, or whoever prepares its spool.
Result<> make_spool(const std::string& root);

/// A folder of the spool, open.
class OpenFolder {
  public:
    /// Errors: not_found, denied, io.
    static Result<OpenFolder> open(const std::string& root, Folder folder);
    int fd() const { return fd_.get(); }
    Folder folder() const { return folder_; }
    /// fsync: what was named and unnamed in it survives power loss.
    Result<> sync() const;

  private:
    OpenFolder(UniqueFd fd, Folder folder) : fd_(std::move(fd)), folder_(folder) {}
    UniqueFd fd_;
    Folder folder_;
};

/// What those without privileges may still use of a file system.
struct FreeSpace {
    std::uint64_t bytes = 0;
    std::optional<std::uint64_t> inodes{};  ///< nullopt: it doesn't count them
};
/// Of the file system of a folder. Errors: io.
Result<FreeSpace> free_space(const OpenFolder& folder);
/// Its bytes; 0 too when it can take no more files.
Result<std::uint64_t> free_bytes(const OpenFolder& folder);

/// All four.
class Folders {
  public:
    static Result<std::shared_ptr<const Folders>> open(const std::string& root);
    const OpenFolder& operator[](Folder folder) const { return *open_[static_cast<std::size_t>(folder)]; }
    /// Renames a file, never over another (exists). Not synced: see sync_move. Errors: not_found, exists, no_space, io.
    Result<> move(const Place& from, const Place& to) const;
    /// Syncs where something was moved to, then where it came from.
    Result<> sync_move(Folder from, Folder to) const;
    /// Moves a file into corrupt/, durably, and says so in the log. Gives where it lies.
    Result<Place> set_aside(const Place& place, std::string_view why) const;

  private:
    std::array<std::optional<OpenFolder>, all_folders.size()> open_;
};

}  // namespace posthouse::spool
