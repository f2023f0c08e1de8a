// Calls turned into changes: files and folders by what they are, not by their names.
#include "tests/crash/disk_log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

namespace posthouse::storage::crash {

DiskLog::DiskLog(const std::string& top) {
    struct stat st{};
    if (::stat(top.c_str(), &st) != 0) std::abort();
    objects_[{st.st_dev, st.st_ino}] = 0;
}

std::optional<ObjectId> DiskLog::known(int fd) const {
    struct stat st{};
    if (::fstat(fd, &st) != 0) return std::nullopt;
    const auto found = objects_.find({st.st_dev, st.st_ino});
    return found == objects_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<ObjectId> DiskLog::known(int folder, const char* path, bool follows_link) const {
    struct stat st{};
    if (::fstatat(folder, path, &st, follows_link ? 0 : AT_SYMLINK_NOFOLLOW) != 0) return std::nullopt;
    const auto found = objects_.find({st.st_dev, st.st_ino});
    return found == objects_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<std::pair<ObjectId, std::string>> DiskLog::place(int folder, const char* path) const {
    const std::string whole = path;
    const auto slash = whole.rfind('/');
    const std::string above = slash == std::string::npos ? "." : whole.substr(0, slash == 0 ? 1 : slash);
    const std::optional<ObjectId> id = known(folder, above.c_str());
    if (!id) return std::nullopt;
    return std::pair(*id, slash == std::string::npos ? whole : whole.substr(slash + 1));
}

int DiskLog::before(const Call& call) {
    target_.reset();
    struct stat st{};
    switch (call.kind) {
        case CallKind::create: existed_ = ::fstatat(call.folder, call.path, &st, AT_SYMLINK_NOFOLLOW) == 0; break;
        case CallKind::link:
        case CallKind::rename:
        case CallKind::unlink: target_ = known(call.folder, call.path, call.follows_link); break;
        case CallKind::write:
            // Where it will land: at the end of what is opened for appending.
            offset_ = call.offset;
            if (offset_ >= 0 || ::fstat(call.fd, &st) != 0) break;
            offset_ = (::fcntl(call.fd, F_GETFL) & O_APPEND) != 0 ? st.st_size : ::lseek(call.fd, 0, SEEK_CUR);
            break;
        default: break;
    }
    return 0;
}

void DiskLog::after(const Call& call, long result) {
    if (result < 0) return;
    switch (call.kind) {
        case CallKind::create:
        case CallKind::make_folder: {
            if (call.is_unnamed) {
                // Its first name is a link.
                struct stat unnamed{};
                if (known(call.folder, call.path) && ::fstat(static_cast<int>(result), &unnamed) == 0)
                    objects_[{unnamed.st_dev, unnamed.st_ino}] = next_++;
                return;
            }
            const bool is_file = call.kind == CallKind::create;
            const auto where = place(call.folder, call.path);
            struct stat st{};
            if (!where || (is_file && existed_) || ::fstatat(call.folder, call.path, &st, AT_SYMLINK_NOFOLLOW) != 0)
                return;
            const ObjectId id = next_++;
            objects_[{st.st_dev, st.st_ino}] = id;
            changes_.push_back({.kind = is_file ? DiskChange::make_file : DiskChange::make_folder,
                                .object = id,
                                .folder = where->first,
                                .name = where->second});
            return;
        }
        case CallKind::link:
        case CallKind::rename: {
            const auto to = place(call.to_folder, call.to_path);
            const auto from = place(call.folder, call.path);
            const bool is_link = call.kind == CallKind::link;
            if (!target_ || !to || (!from && !is_link)) return;
            changes_.push_back({.kind = is_link ? DiskChange::link : DiskChange::rename,
                                .object = *target_,
                                .folder = is_link ? 0 : from->first,
                                .name = is_link ? "" : from->second,
                                .to_folder = to->first,
                                .to_name = to->second});
            return;
        }
        case CallKind::unlink: {
            const auto from = place(call.folder, call.path);
            if (target_ && from)
                changes_.push_back(
                    {.kind = DiskChange::unlink, .object = *target_, .folder = from->first, .name = from->second});
            return;
        }
        default: break;
    }
    const std::optional<ObjectId> object = call.fd >= 0 ? known(call.fd) : std::nullopt;
    if (!object) return;
    switch (call.kind) {
        case CallKind::write:
            changes_.push_back({.kind = DiskChange::write,
                                .object = *object,
                                .offset = offset_,
                                .bytes = std::string(call.bytes.substr(0, static_cast<std::size_t>(result)))});
            break;
        case CallKind::truncate:
            changes_.push_back({.kind = DiskChange::truncate, .object = *object, .offset = call.offset});
            break;
        case CallKind::set_times: {
            timespec now{};
            ::clock_gettime(CLOCK_REALTIME, &now);
            changes_.push_back(
                {.kind = DiskChange::set_time, .object = *object, .time = call.times == nullptr ? now : call.times[1]});
            break;
        }
        case CallKind::sync: changes_.push_back({.kind = DiskChange::sync, .object = *object}); break;
        case CallKind::sync_data: changes_.push_back({.kind = DiskChange::sync_data, .object = *object}); break;
        default: break;
    }
}

}  // namespace posthouse::storage::crash
