// dovecot-acl: a small file, replaced by rename under its lock.
#include "storage/access_file.h"

#include <fcntl.h>

#include "lib/base/file.h"

namespace posthouse::storage {
namespace {

constexpr const char* file_name = "dovecot-acl";
constexpr std::size_t max_bytes = 1u << 20;

Result<std::string> read_text(int folder) {
    const Result<UniqueFd> fd = open_in(folder, file_name, O_RDONLY);
    if (!fd && fd.error().code == ErrorCode::not_found) return std::string();
    if (!fd) return fail(fd.error());
    return read_all(fd->get(), max_bytes);
}

}  // namespace

Result<AccessList> read_access_list(int folder) {
    const Result<std::string> text = read_text(folder);
    if (!text) return fail(text.error());
    return AccessList::parse(*text);
}

Result<> change_access_list(const Folder& folder, PreparedLocks& locks, std::chrono::milliseconds lock_wait,
                            const std::function<Result<bool>(AccessList&)>& change) {
    const Result<DotLock> lock = DotLock::take(folder, access_lock, locks, lock_wait);
    if (!lock) return fail(lock.error());
    Result<AccessList> list = read_access_list(folder.root());
    if (!list) return fail(list.error());
    const Result<bool> changed = change(*list);
    if (!changed) return fail(changed.error());
    return *changed ? replace_file(folder.root(), file_name, list->text()) : Result<>{};
}

Result<> copy_access_list(int from_folder, int to_folder) {
    const Result<std::string> text = read_text(from_folder);
    if (!text) return fail(text.error());
    if (text->empty()) return {};
    const Result<UniqueFd> fd = open_in(to_folder, file_name, O_WRONLY | O_CREAT | O_EXCL);
    if (!fd) return fail(fd.error());
    if (Result<> written = write_all(fd->get(), *text); !written) return written;
    return sync_fd(fd->get(), file_name);
}

}  // namespace posthouse::storage
