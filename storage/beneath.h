// Reaching what lies below an open folder: nothing through a symbolic link, nothing above the folder
// (docs/decisions/0058-links.md). What may be given as a path here is what another may have written or linked.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <string>
#include <string_view>

#include "lib/base/fd.h"
#include "lib/base/result.h"

namespace posthouse::storage {

/// Where something lies or may lie below an open folder: the folder it is in, and its name there. For calls that take
/// a folder and a name, none of which may follow a link in the name.
class Spot {
  public:
    /// `path`: names with "/" between them, or "." for the folder itself, which outlives the spot. not_found: a folder
    /// on the way isn't there, or is a link or anything else that is none; invalid: the path has an empty name, "." or
    /// "..", or a name longer than names can be.
    static Result<Spot> find(int folder, std::string_view path);

    int folder() const { return parent_ ? parent_.get() : folder_; }
    const char* name() const { return name_.c_str(); }

  private:
    Spot(int folder, UniqueFd parent, std::string name)
        : folder_(folder), parent_(std::move(parent)), name_(std::move(name)) {}
    int folder_;
    UniqueFd parent_;  ///< unless it is folder_ itself
    std::string name_;
};

/// openat with O_CLOEXEC and O_NOFOLLOW that retries on EINTR and never waits for the other end of a FIFO. not_found:
/// also where a link lies, which counts as nothing. Errors of the path as Spot::find() gives them.
Result<UniqueFd> open_in(int folder, std::string_view path, int flags, mode_t mode = 0600);
/// What lies there, a link itself and not what it leads to. not_found.
Result<struct stat> stat_in(int folder, std::string_view path);
/// A folder, and no link to one, lies there.
bool is_folder_in(int folder, std::string_view path);
/// mkdir; an existing folder will do. exists: something else lies there.
Result<> make_folder_in(int folder, std::string_view path);

}  // namespace posthouse::storage
