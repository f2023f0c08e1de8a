// Paths taken name by name, each opened without following it: what openat2 does with RESOLVE_BENEATH and
// RESOLVE_NO_SYMLINKS, but on every kernel and under every system call filter.
#include "storage/beneath.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>

namespace posthouse::storage {
namespace {

constexpr std::size_t max_name_bytes = 255;

bool is_name(std::string_view name) {
    return !name.empty() && name.size() <= max_name_bytes && name != "." && name != ".." &&
           name.find('\0') == std::string_view::npos;
}

Result<UniqueFd> open_name(int folder, const std::string& name, int flags, mode_t mode) {
    for (;;) {
        const int fd = ::openat(folder, name.c_str(), flags | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW, mode);
        if (fd >= 0) return UniqueFd(fd);
        if (errno == ELOOP) return fail(ErrorCode::not_found, "Not found", name + " is a symbolic link");
        if (errno != EINTR) return fail_errno("open " + name, errno);
    }
}

/// A folder on the way: only to be passed through, so it needn't be readable.
Result<UniqueFd> step_into(int folder, const std::string& name) {
    for (;;) {
        const int fd = ::openat(folder, name.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
        if (fd >= 0) return UniqueFd(fd);
        if (errno == ENOTDIR || errno == ELOOP)
            return fail(ErrorCode::not_found, "Not found", name + " is a link, or no folder");
        if (errno != EINTR) return fail_errno("open folder " + name, errno);
    }
}

}  // namespace

Result<Spot> Spot::find(int folder, std::string_view path) {
    if (path == ".") return Spot(folder, {}, ".");
    UniqueFd parent;
    for (;;) {
        const auto slash = path.find('/');
        const std::string name(path.substr(0, slash));
        if (!is_name(name)) return fail(ErrorCode::invalid, "Not a path", std::string(path));
        if (slash == std::string_view::npos) return Spot(folder, std::move(parent), name);
        Result<UniqueFd> next = step_into(parent ? parent.get() : folder, name);
        if (!next) return fail(next.error());
        parent = std::move(*next);
        path.remove_prefix(slash + 1);
    }
}

Result<UniqueFd> open_in(int folder, std::string_view path, int flags, mode_t mode) {
    const Result<Spot> spot = Spot::find(folder, path);
    if (!spot) return fail(spot.error());
    return open_name(spot->folder(), spot->name(), flags, mode);
}

Result<struct stat> stat_in(int folder, std::string_view path) {
    const Result<Spot> spot = Spot::find(folder, path);
    if (!spot) return fail(spot.error());
    struct stat st{};
    if (::fstatat(spot->folder(), spot->name(), &st, AT_SYMLINK_NOFOLLOW) != 0)
        return fail_errno("stat " + std::string(path), errno);
    return st;
}

bool is_folder_in(int folder, std::string_view path) {
    const Result<struct stat> st = stat_in(folder, path);
    return st && S_ISDIR(st->st_mode);
}

Result<> make_folder_in(int folder, std::string_view path) {
    constexpr mode_t folder_mode = 0700;
    const Result<Spot> spot = Spot::find(folder, path);
    if (!spot) return fail(spot.error());
    if (::mkdirat(spot->folder(), spot->name(), folder_mode) == 0) return {};
    if (errno != EEXIST) return fail_errno("mkdir " + std::string(path), errno);
    const Result<struct stat> there = stat_in(spot->folder(), spot->name());
    if (!there) return fail(there.error());
    return S_ISDIR(there->st_mode) ? Result<>{} : fail_errno("mkdir " + std::string(path), EEXIST);
}

}  // namespace posthouse::storage
