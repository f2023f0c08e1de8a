// Folders made, opened, synced; files moved between them.
#include "queued/spool/folders.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "lib/base/file.h"
#include "lib/base/log.h"
#include "queued/spool/fields.h"

namespace posthouse::spool {
namespace {

std::string path_of(const std::string& root, Folder folder) { return root + "/" + std::string(to_string(folder)); }

/// A missing folder, with just this mode whatever the umask.
Result<> make_folder(const std::string& path, mode_t mode) {
    struct stat st{};
    if (::stat(path.c_str(), &st) == 0) return S_ISDIR(st.st_mode) ? Result<>{} : fail_errno("mkdir " + path, ENOTDIR);
    if (errno != ENOENT) return fail_errno("stat " + path, errno);
    if (Result<> made = make_folders(path, mode & 0777); !made) return made;
    if (::chmod(path.c_str(), mode) != 0) return fail_errno("chmod " + path, errno);
    return {};
}

}  // namespace

std::string_view to_string(Folder folder) {
    switch (folder) {
        case Folder::incoming: return "incoming";
        case Folder::deferred: return "deferred";
        case Folder::hold: return "hold";
        case Folder::corrupt: return "corrupt";
    }
    std::unreachable();
}

std::string to_string(const Place& place) {
    return std::string(to_string(place.folder)) + "/" + to_file_name(place.name);
}

Result<> make_spool(const std::string& root) {
    Result<> made = make_folder(root, spool_folder_mode);
    for (const Folder folder : all_folders) {
        if (!made) return made;
        made = make_folder(path_of(root, folder), folder == Folder::incoming ? incoming_mode : folder_mode);
    }
    return made;
}

Result<OpenFolder> OpenFolder::open(const std::string& root, Folder folder) {
    Result<UniqueFd> fd = open_file(path_of(root, folder), O_RDONLY | O_DIRECTORY);
    if (!fd) return fail(fd.error());
    return OpenFolder(*std::move(fd), folder);
}

Result<> OpenFolder::sync() const {
    if (::fsync(fd_.get()) != 0) return fail_errno("fsync " + std::string(to_string(folder_)), errno);
    return {};
}

Result<FreeSpace> free_space(const OpenFolder& folder) {
    struct statvfs st{};
    if (::fstatvfs(folder.fd(), &st) != 0) return fail_errno("statvfs of the spool", errno);
    FreeSpace free{.bytes = static_cast<std::uint64_t>(st.f_bavail) * st.f_frsize};
    // Some file systems don't count their inodes: f_files is 0.
    if (st.f_files > 0) free.inodes = st.f_favail;
    return free;
}

Result<std::uint64_t> free_bytes(const OpenFolder& folder) {
    const Result<FreeSpace> free = free_space(folder);
    if (!free) return fail(free.error());
    return free->inodes == 0u ? 0 : free->bytes;
}

Result<std::shared_ptr<const Folders>> Folders::open(const std::string& root) {
    auto folders = std::make_shared<Folders>();
    for (const Folder folder : all_folders) {
        Result<OpenFolder> opened = OpenFolder::open(root, folder);
        if (!opened) return fail(opened.error());
        folders->open_[static_cast<std::size_t>(folder)].emplace(*std::move(opened));
    }
    return folders;
}

Result<> Folders::move(const Place& from, const Place& to) const {
    if (from == to) return {};
    if (::renameat2((*this)[from.folder].fd(), to_file_name(from.name).c_str(), (*this)[to.folder].fd(),
                    to_file_name(to.name).c_str(), RENAME_NOREPLACE) != 0)
        return fail_errno("move " + to_string(from) + " to " + to_string(to), errno);
    return {};
}

Result<> Folders::sync_move(Folder from, Folder to) const {
    Result<> synced = (*this)[to].sync();
    if (!synced || from == to) return synced;
    return (*this)[from].sync();
}

Result<Place> Folders::set_aside(const Place& place, std::string_view why) const {
    constexpr int most_names = 100;
    Place aside{Folder::corrupt, place.name};
    Result<> moved = move(place, aside);
    for (int i = 0; i < most_names && !moved && moved.error().code == ErrorCode::exists; ++i) {
        // One of this name lies there already.
        aside.name.due = aside.name.due % max_time + 1;
        moved = move(place, aside);
    }
    if (moved) moved = sync_move(place.folder, Folder::corrupt);
    if (!moved) {
        log::error("a damaged queue file could not be put aside",
                   {{"file", to_string(place)}, {"why", why}, {"error", moved.error().message()}});
        return fail(moved.error());
    }
    log::error("a damaged queue file was put aside",
               {{"file", to_string(place)}, {"at", to_string(aside)}, {"why", why}});
    return aside;
}

}  // namespace posthouse::spool
