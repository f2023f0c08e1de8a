// Links, copies, and removal of whole folders by descriptors, so that nothing outside can be reached.
#include "storage/trees.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <vector>

#include "lib/base/file.h"
#include "storage/folder.h"
#include "storage/layout.h"

namespace posthouse::storage {
namespace {

/// The account's folder, the levels of a name, cur/, and some more for what others may keep there.
constexpr std::size_t max_depth = max_levels + 16;

Result<std::vector<std::string>> all_names_in(int folder) {
    Result<UniqueFd> fd = open_in(folder, ".", O_RDONLY | O_DIRECTORY);
    if (!fd) return fail(fd.error());
    DIR* stream = ::fdopendir(fd->get());
    if (stream == nullptr) return fail_errno("fdopendir", errno);
    fd->release();
    std::vector<std::string> names;
    errno = 0;
    while (const dirent* entry = ::readdir(stream)) {
        const std::string_view name = entry->d_name;
        if (name != "." && name != "..") names.emplace_back(name);
    }
    const int error = errno;
    ::closedir(stream);
    if (error != 0) return fail_errno("readdir", error);
    return names;
}

/// What says which flags and UIDs a mailbox's messages have goes after them: whoever has it open still shows the last
/// ones as they were.
bool holds_messages(std::string_view name) { return name == "cur" || name == "new"; }

Result<> remove_in(int parent, const std::string& name, std::size_t depth) {
    if (depth > max_depth) return fail(ErrorCode::limit, "Folder is too deep", name);
    const Result<UniqueFd> folder = open_in(parent, name, O_RDONLY | O_DIRECTORY);
    // A link, or what else is no folder: only that itself.
    if (!folder && folder.error().code != ErrorCode::not_found && ::unlinkat(parent, name.c_str(), 0) == 0) return {};
    if (!folder) return folder.error().code == ErrorCode::not_found ? Result<>{} : fail(folder.error());
    // Somebody may still put a file in: then once more.
    constexpr int rounds = 10;
    for (int round = 0; round < rounds; ++round) {
        Result<std::vector<std::string>> names = all_names_in(folder->get());
        if (!names) return fail(names.error());
        std::ranges::partition(*names, holds_messages);
        for (const std::string& inner : *names) {
            if (::unlinkat(folder->get(), inner.c_str(), 0) == 0 || errno == ENOENT) continue;
            if (errno != EISDIR && errno != EPERM) return fail_errno("unlink " + inner, errno);
            if (Result<> removed = remove_in(folder->get(), inner, depth + 1); !removed) return removed;
        }
        if (::unlinkat(parent, name.c_str(), AT_REMOVEDIR) == 0 || errno == ENOENT) return {};
        if (errno != ENOTEMPTY && errno != EEXIST) return fail_errno("rmdir " + name, errno);
    }
    return fail(ErrorCode::busy, "Folder is in use", name);
}

Result<> copy_content(int from, int to) {
    struct stat st{};
    if (::fstat(from, &st) != 0) return fail_errno("stat message", errno);
    std::string piece(1u << 16, '\0');
    for (;;) {
        const ssize_t n = ::read(from, piece.data(), piece.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return fail_errno("read message", errno);
        if (n == 0) break;
        if (Result<> written = write_all(to, {piece.data(), static_cast<std::size_t>(n)}); !written) return written;
    }
    const timespec times[2] = {st.st_mtim, st.st_mtim};
    if (::futimens(to, times) != 0) return fail_errno("set a message's date", errno);
    return sync_fd(to, "message");
}

}  // namespace

Result<> link_or_copy(int from_folder, const std::string& from, int to_folder, const std::string& to) {
    if (::linkat(from_folder, from.c_str(), to_folder, to.c_str(), 0) == 0) return {};
    // EPERM: a file system without hard links.
    if (errno != EXDEV && errno != EMLINK && errno != EPERM) return fail_errno("link message", errno);
    const Result<MessageFile> source = open_message_file(from_folder, from);
    if (!source) return fail(source.error());
    const Result<UniqueFd> target = open_in(to_folder, to, O_WRONLY | O_CREAT | O_EXCL);
    if (!target) return fail(target.error());
    Result<> copied = copy_content(source->fd.get(), target->get());
    if (!copied) ::unlinkat(to_folder, to.c_str(), 0);
    return copied;
}

Result<> remove_tree(const std::string& path) {
    const auto slash = path.rfind('/');
    const bool is_bare = slash == std::string::npos;
    const Result<UniqueFd> parent = open_file(is_bare ? "." : path.substr(0, slash + 1), O_RDONLY | O_DIRECTORY);
    if (!parent) return parent.error().code == ErrorCode::not_found ? Result<>{} : fail(parent.error());
    return remove_in(parent->get(), is_bare ? path : path.substr(slash + 1), 0);
}

Result<> remove_tree_in(int parent, const std::string& path) {
    const Result<Spot> spot = Spot::find(parent, path);
    if (!spot) return spot.error().code == ErrorCode::not_found ? Result<>{} : fail(spot.error());
    return remove_in(spot->folder(), spot->name(), 0);
}

}  // namespace posthouse::storage
