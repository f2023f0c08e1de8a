// The queue as a whole: opened, searched, swept.
#include "queued/spool/spool.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>
#include <vector>

#include "lib/base/log.h"

namespace posthouse::spool {
namespace {

constexpr std::size_t batch = 1000;
constexpr std::int64_t abandoned_seconds = 3600;

/// The file is nobody's any more; false also when that can't be told.
bool is_abandoned(const OpenFolder& folder, const std::string& name, std::int64_t now) {
    const UniqueFd fd(::openat(folder.fd(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    struct stat st{};
    if (!fd || ::fstat(fd.get(), &st) != 0 || st.st_mtime > now - abandoned_seconds) return false;
    return ::flock(fd.get(), LOCK_EX | LOCK_NB) == 0;
}

}  // namespace

Result<Spool> Spool::open(const std::string& root) {
    if (Result<> made = make_spool(root); !made) return fail(made.error());
    return open_existing(root);
}

Result<Spool> Spool::open_existing(const std::string& root) {
    Result<std::shared_ptr<const Folders>> folders = Folders::open(root);
    if (!folders) return fail(folders.error());
    return Spool(*std::move(folders));
}

Result<std::int64_t> Spool::changed_at(Folder folder) const {
    struct stat st{};
    if (::fstat((*folders_)[folder].fd(), &st) != 0) return fail_errno("stat " + std::string(to_string(folder)), errno);
    return std::int64_t{st.st_mtim.tv_sec} * 1'000'000'000 + st.st_mtim.tv_nsec;
}

Result<> Spool::remove_corrupt(const Place& place) const {
    const OpenFolder& folder = (*folders_)[Folder::corrupt];
    if (::unlinkat(folder.fd(), to_file_name(place.name).c_str(), 0) != 0)
        return fail_errno("remove " + to_string(place), errno);
    return folder.sync();
}

Result<Place> Spool::find(std::string_view id) const {
    for (const Folder folder : all_folders) {
        Result<Scan> all = scan(folder);
        if (!all) return fail(all.error());
        for (;;) {
            Result<std::vector<Place>> places = all->next(batch);
            if (!places) return fail(places.error());
            if (places->empty()) break;
            for (Place& place : *places)
                if (place.name.id == id) return std::move(place);
        }
    }
    return fail(ErrorCode::not_found, "No such message", std::string(id));
}

Result<std::size_t> Spool::sweep(std::int64_t now) const {
    const OpenFolder& folder = (*folders_)[Folder::incoming];
    Result<Scan> names = scan(Folder::incoming);
    if (!names) return fail(names.error());
    std::size_t count = 0;
    for (;;) {
        const Result<std::optional<std::string>> name = names->next_temporary();
        if (!name) return fail(name.error());
        if (!*name) return count;
        if (!is_abandoned(folder, **name, now)) continue;
        if (::unlinkat(folder.fd(), (*name)->c_str(), 0) != 0) return fail_errno("remove incoming/" + **name, errno);
        log::info("a message that was never accepted is removed", {{"file", "incoming/" + **name}});
        ++count;
    }
}

}  // namespace posthouse::spool
