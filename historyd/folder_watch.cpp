// inotify of one folder.
#include "historyd/folder_watch.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace posthouse::history {

Result<FolderWatch> FolderWatch::open(const std::string& folder) {
    UniqueFd inotify(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
    if (!inotify) return fail_errno("inotify_init1", errno);
    if (::inotify_add_watch(inotify.get(), folder.c_str(), IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_ONLYDIR) < 0)
        return fail_errno("watch " + folder, errno);
    return FolderWatch(std::move(inotify));
}

void FolderWatch::drain() const {
    std::array<char, 4096> events{};
    while (::read(inotify_.get(), events.data(), events.size()) > 0) {
    }
}

}  // namespace posthouse::history
