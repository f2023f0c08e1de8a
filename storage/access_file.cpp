// dovecot-acl: a small file, replaced by rename under its lock.
#include "storage/access_file.h"

#include <fcntl.h>

#include "lib/base/file.h"
#include "storage/small_file.h"

namespace posthouse::storage {
namespace {

constexpr const char* file_name = "dovecot-acl";
constexpr std::size_t max_bytes = 1u << 20;

/// In place of a file that can't be a list: makes no sense, so that nobody but the owner has rights.
constexpr std::string_view senseless_line = "too large, or not a file";

}  // namespace

Result<AccessList> read_access_list(int folder) {
    const Result<SmallFile> file = read_small_file(folder, file_name, max_bytes);
    if (!file) return fail(file.error());
    return AccessList::parse(file->is_unfit ? senseless_line : std::string_view(file->text));
}

Result<> change_access_list(const Folder& folder, PreparedLocks& locks, std::chrono::milliseconds lock_wait,
                            const std::function<Result<bool>(AccessList&)>& change) {
    const Result<DotLock> lock = DotLock::take(folder, access_lock, locks, lock_wait);
    if (!lock) return fail(lock.error());
    const Result<SmallFile> file = read_small_file(folder.root(), file_name, max_bytes);
    if (!file) return fail(file.error());
    if (file->is_unfit)
        return fail(ErrorCode::io, "Access control list is damaged",
                    std::string(file_name) + " is " + std::string(senseless_line));
    AccessList list = AccessList::parse(file->text);
    const Result<bool> changed = change(list);
    if (!changed) return fail(changed.error());
    return *changed ? replace_file(folder.root(), file_name, list.text()) : Result<>{};
}

Result<> copy_access_list(int from_folder, int to_folder) {
    const Result<SmallFile> file = read_small_file(from_folder, file_name, max_bytes);
    if (!file) return fail(file.error());
    // Of a list that is none others get no rights, as of no list.
    if (file->is_unfit || file->text.empty()) return {};
    const Result<UniqueFd> fd = open_in(to_folder, file_name, O_WRONLY | O_CREAT | O_EXCL);
    if (!fd) return fail(fd.error());
    if (Result<> written = write_all(fd->get(), file->text); !written) return written;
    return sync_fd(fd->get(), file_name);
}

}  // namespace posthouse::storage
