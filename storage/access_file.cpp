// dovecot-acl: its lock file is written, synced, and renamed into its place.
#include "storage/access_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <thread>

#include "lib/base/file.h"
#include "storage/folder.h"

namespace posthouse::storage {
namespace {

constexpr const char* lock_name = "dovecot-acl.lock";
constexpr std::size_t max_bytes = 1u << 20;
/// Dovecot's own limit for this lock.
constexpr std::int64_t stale_seconds = 120;

/// The next version of the file, empty, which is also its lock. Removed unless it was renamed into place.
class NextVersion {
  public:
    static Result<NextVersion> take(int folder, std::chrono::milliseconds wait) {
        using std::chrono::steady_clock;
        const auto deadline = steady_clock::now() + wait;
        std::chrono::microseconds pause{200};
        for (;;) {
            Result<UniqueFd> fd = open_in(folder, lock_name, O_WRONLY | O_CREAT | O_EXCL);
            if (fd) return NextVersion(folder, std::move(*fd));
            if (fd.error().code != ErrorCode::exists) return fail(fd.error());
            struct stat st{};
            if (::fstatat(folder, lock_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
                st.st_mtim.tv_sec < std::time(nullptr) - stale_seconds) {
                if (::unlinkat(folder, lock_name, 0) != 0 && errno != ENOENT)
                    return fail_errno("unlink stale dovecot-acl.lock", errno);
                continue;
            }
            if (steady_clock::now() >= deadline)
                return fail(ErrorCode::busy, "Mailbox is in use", "dovecot-acl.lock: timed out");
            std::this_thread::sleep_for(pause);
            pause = std::min(pause * 2, std::chrono::microseconds{20'000});
        }
    }
    NextVersion(NextVersion&&) noexcept = default;
    NextVersion& operator=(NextVersion&&) = delete;
    ~NextVersion() {
        if (fd_) ::unlinkat(folder_, lock_name, 0);
    }

    Result<> commit(std::string_view text) {
        if (Result<> written = write_all(fd_.get(), text); !written) return written;
        if (Result<> synced = sync_fd(fd_.get(), lock_name); !synced) return synced;
        if (::renameat(folder_, lock_name, folder_, access_file_name) != 0)
            return fail_errno("rename to dovecot-acl", errno);
        fd_.reset();
        return sync_fd(folder_, "folder of dovecot-acl");
    }

  private:
    NextVersion(int folder, UniqueFd fd) : folder_(folder), fd_(std::move(fd)) {}
    int folder_;
    UniqueFd fd_;
};

Result<std::string> read_text(int folder) {
    const Result<UniqueFd> fd = open_in(folder, access_file_name, O_RDONLY);
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

Result<> change_access_list(int folder, std::chrono::milliseconds lock_wait,
                            const std::function<Result<bool>(AccessList&)>& change) {
    Result<NextVersion> next = NextVersion::take(folder, lock_wait);
    if (!next) return fail(next.error());
    Result<AccessList> list = read_access_list(folder);
    if (!list) return fail(list.error());
    const Result<bool> changed = change(*list);
    if (!changed) return fail(changed.error());
    return *changed ? next->commit(list->text()) : Result<>{};
}

Result<> copy_access_list(int from_folder, int to_folder) {
    const Result<std::string> text = read_text(from_folder);
    if (!text) return fail(text.error());
    if (text->empty()) return {};
    const Result<UniqueFd> fd = open_in(to_folder, access_file_name, O_WRONLY | O_CREAT | O_EXCL);
    if (!fd) return fail(fd.error());
    if (Result<> written = write_all(fd->get(), *text); !written) return written;
    return sync_fd(fd->get(), access_file_name);
}

}  // namespace posthouse::storage
