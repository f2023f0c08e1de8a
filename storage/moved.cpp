// Exchanging an account's folder with one that only says where it went.
#include "storage/moved.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdio>

#include "lib/base/file.h"
#include "storage/beneath.h"
#include "storage/folder.h"

namespace posthouse::storage {
namespace {

constexpr std::size_t max_mark = 4096;

std::string parent_folder(const std::string& path) { return path.substr(0, path.rfind('/')); }

std::string mark_in(const std::string& folder) { return folder + "/" + moved_file; }

Result<bool> has_mark(const std::string& folder) {
    struct stat st{};
    if (::lstat(mark_in(folder).c_str(), &st) == 0) return true;
    if (errno == ENOENT || errno == ENOTDIR) return false;
    return fail_errno("stat " + mark_in(folder), errno);
}

/// In place: one that is torn lies in a folder that has not taken its place yet, which clear() removes.
Result<> make_mark(const std::string& folder, const std::string& name) {
    if (Result<> made = make_folders(folder, 0700); !made) return made;
    const Result<UniqueFd> mark = open_file(mark_in(folder), O_WRONLY | O_CREAT | O_TRUNC);
    if (!mark) return fail(mark.error());
    if (Result<> written = write_all(mark->get(), name + "\n"); !written) return written;
    if (Result<> synced = sync_fd(mark->get(), moved_file); !synced) return synced;
    return sync_folder(folder);
}

/// What an earlier move left there goes away. exists: more than that lies there.
Result<> clear(const std::string& folder) {
    struct stat st{};
    if (::lstat(folder.c_str(), &st) != 0) return errno == ENOENT ? Result<>{} : fail_errno("stat " + folder, errno);
    if (Result<> forgotten = forget_move(folder); !forgotten) return forgotten;
    if (::rmdir(folder.c_str()) == 0 || errno == ENOENT) return {};
    if (errno == ENOTEMPTY || errno == EEXIST || errno == ENOTDIR)
        return fail(ErrorCode::exists, "Mail lies there already", folder);
    return fail_errno("rmdir " + folder, errno);
}

std::unexpected<Error> fail_move(const std::string& from, const std::string& to, int error) {
    if (error == EXDEV)
        return fail(ErrorCode::unsupported, "Mail cannot move to another file system", from + " to " + to);
    return fail_errno("rename " + from + " to " + to, error);
}

/// The folder with the mark, made at `to`, and what lies at `from` exchange their places; without anything at `from` it
/// just goes there.
Result<bool> exchange(const std::string& from, const std::string& to, const std::string& name) {
    if (Result<> marked = make_mark(to, name); !marked) return fail(marked.error());
    if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_EXCHANGE) == 0) return true;
    int error = errno;
    if (error == ENOENT) {
        if (Result<> made = make_folders(parent_folder(from), 0700); !made) return fail(made.error());
        // Somebody may have made an account there this moment: that is left to the next call.
        if (::renameat2(AT_FDCWD, to.c_str(), AT_FDCWD, from.c_str(), RENAME_NOREPLACE) == 0) return false;
        error = errno;
    }
    if (Result<> cleared = clear(to); !cleared) return fail(cleared.error());
    if (error != EINVAL && error != ENOSYS) return fail_move(from, to, error);
    const bool is_there = ::rename(from.c_str(), to.c_str()) == 0;
    if (!is_there && errno != ENOENT) return fail_move(from, to, errno);
    if (Result<> marked = make_mark(from, name); !marked) return fail(marked.error());
    return is_there;
}

/// `moved`, once both places will be found so after a loss of power. One whose domain has gone since needs nothing.
Result<bool> durable(const std::string& from, const std::string& to, bool moved) {
    for (const std::string& place : {to, from}) {
        const Result<> synced = sync_folder(parent_folder(place));
        if (!synced && synced.error().code != ErrorCode::not_found) return fail(synced.error());
    }
    return moved;
}

}  // namespace

Result<bool> has_moved(const std::string& root) {
    const Result<bool> account = has_mark(root);
    if (!account || *account) return account;
    return has_mark(parent_folder(root));
}

Result<bool> move_away(const std::string& from, const std::string& to, const std::string& name) {
    const Result<bool> is_gone = has_mark(from);
    if (!is_gone) return is_gone;
    if (*is_gone) {
        const Result<std::string> gone_to = read_file(mark_in(from), max_mark);
        if (!gone_to) return fail(gone_to.error());
        // Whoever made it may have been cut off before the exchange was on the disk.
        if (*gone_to == name + "\n") return durable(from, to, true);
        // Left by an earlier move: the name has been another's without mail.
        if (Result<> cleared = clear(from); !cleared) return fail(cleared.error());
    }
    if (Result<> cleared = clear(to); !cleared) return fail(cleared.error());
    const Result<bool> moved = exchange(from, to, name);
    if (!moved) return moved;
    return durable(from, to, *moved);
}

Result<> forget_move(const std::string& folder) {
    if (::unlink(mark_in(folder).c_str()) == 0) {
        ::rmdir(folder.c_str());  // fails where something else lies
        return {};
    }
    return errno == ENOENT || errno == ENOTDIR ? Result<>{} : fail_errno("unlink " + mark_in(folder), errno);
}

}  // namespace posthouse::storage
