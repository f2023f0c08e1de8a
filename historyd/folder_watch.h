// Waiting for a folder's files to change (inotify).
#pragma once

#include <string>

#include "lib/base/fd.h"
#include "lib/base/result.h"

namespace posthouse::history {

class FolderWatch {
  public:
    /// Errors: of the folder; io: there can't be a watch. Then look again from time to time.
    static Result<FolderWatch> open(const std::string& folder);

    /// Readable when something was written, made or removed since the last drain().
    int fd() const { return inotify_.get(); }
    void drain() const;

  private:
    explicit FolderWatch(UniqueFd inotify) : inotify_(std::move(inotify)) {}
    UniqueFd inotify_;
};

}  // namespace posthouse::history
