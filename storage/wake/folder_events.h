// What the kernel tells of folders (inotify): for what programs do that don't tell themselves.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "lib/base/fd.h"

namespace posthouse::storage {

/// One inotify instance. Used by one thread at a time.
class FolderEvents {
  public:
    FolderEvents();

    /// Readable when there is something to read; -1: there can't be one.
    int fd() const { return inotify_.get(); }
    /// Begins to watch an open folder for `events` (inotify's masks); the same folder has the same descriptor. -1: it
    /// can't be watched (no watches left, or the file system is remote and changes elsewhere).
    int add(int folder, std::uint32_t events);
    void remove(int descriptor);
    /// Takes what happened: calls call(descriptor, mask, name). IN_Q_OVERFLOW: some events were lost.
    void read(const std::function<void(int descriptor, std::uint32_t mask, std::string_view name)>& call);

  private:
    UniqueFd inotify_;
};

}  // namespace posthouse::storage
