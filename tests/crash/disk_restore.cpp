// From the changes to a disk: which entries survived, which bytes, and the tree that makes.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <set>

#include "tests/crash/disk_log.h"

namespace posthouse::storage::crash {
namespace {

using Entry = std::pair<ObjectId, std::string>;

/// The entries a change touches.
std::vector<Entry> entries_of(const DiskChange& change) {
    switch (change.kind) {
        case DiskChange::make_file:
        case DiskChange::make_folder:
        case DiskChange::unlink: return {{change.folder, change.name}};
        case DiskChange::link: return {{change.to_folder, change.to_name}};
        case DiskChange::rename: return {{change.folder, change.name}, {change.to_folder, change.to_name}};
        default: return {};
    }
}

class Disk {
  public:
    Disk(const std::vector<DiskChange>& changes, std::size_t count, Survival survival, std::mt19937& random)
        : changes_(changes), count_(count), survival_(survival), random_(random), kept_(count) {
        choose_names();
        name();
        for (std::size_t i = 0; i < count_; ++i)
            if (changes_[i].is_sync()) synced_[changes_[i].object] = {i, changes_[i].kind};
        for (std::size_t i = 0; i < count_; ++i) fill(i);
    }
    void write(ObjectId folder, const std::string& path);

  private:
    struct File {
        bool is_folder = false;
        std::map<std::string, ObjectId> entries;
        std::string bytes;
        std::optional<timespec> time;
        bool is_cut = false;  ///< what was written later is not there
        std::string written;  ///< its first path on the new disk
    };

    bool chance() { return random_() % 2 == 0; }
    void choose_names();
    void keep(std::size_t index);
    void name();
    void fill(std::size_t index);

    const std::vector<DiskChange>& changes_;
    std::size_t count_;
    Survival survival_;
    std::mt19937& random_;
    std::vector<bool> kept_;
    std::vector<std::vector<std::size_t>> needs_;  ///< changes of the same entries before
    std::map<ObjectId, File> files_;
    std::map<ObjectId, std::pair<std::size_t, DiskChange::Kind>> synced_;
};

void Disk::keep(std::size_t index) {
    if (kept_[index]) return;
    kept_[index] = true;
    for (const std::size_t earlier : needs_[index]) keep(earlier);
}

void Disk::choose_names() {
    std::map<Entry, std::size_t> last;
    std::map<ObjectId, std::size_t> sync_of;
    for (std::size_t i = 0; i < count_; ++i) {
        needs_.emplace_back();
        for (const Entry& entry : entries_of(changes_[i])) {
            if (const auto before = last.find(entry); before != last.end()) needs_[i].push_back(before->second);
            last[entry] = i;
        }
        if (changes_[i].kind == DiskChange::sync) sync_of[changes_[i].object] = i;
    }
    const std::size_t until = random_() % (count_ + 1);
    for (std::size_t i = 0; i < count_; ++i) {
        if (!changes_[i].is_naming()) continue;
        bool is_sure = false;
        for (const Entry& entry : entries_of(changes_[i])) {
            const auto sync = sync_of.find(entry.first);
            is_sure = is_sure || (sync != sync_of.end() && sync->second > i);
        }
        const bool all = survival_ == Survival::everything || survival_ == Survival::names_only;
        if (is_sure || all || (survival_ == Survival::names_in_order && i < until) ||
            (survival_ == Survival::any_names && chance()))
            keep(i);
    }
}

void Disk::name() {
    files_[0].is_folder = true;
    for (std::size_t i = 0; i < count_; ++i) {
        const DiskChange& change = changes_[i];
        if (change.kind == DiskChange::make_folder) files_[change.object].is_folder = true;
        if (!change.is_naming() || !kept_[i]) continue;
        if (change.kind == DiskChange::unlink || change.kind == DiskChange::rename)
            files_[change.folder].entries.erase(change.name);
        if (change.kind == DiskChange::link || change.kind == DiskChange::rename)
            files_[change.to_folder].entries[change.to_name] = change.object;
        if (change.kind == DiskChange::make_file || change.kind == DiskChange::make_folder)
            files_[change.folder].entries[change.name] = change.object;
    }
}

void Disk::fill(std::size_t index) {
    const DiskChange& change = changes_[index];
    if (change.is_naming() || change.is_sync()) return;
    File& file = files_[change.object];
    const auto sync = synced_.find(change.object);
    bool is_sure = sync != synced_.end() && sync->second.first > index;
    if (change.kind == DiskChange::set_time) {
        // fdatasync need not write a time.
        is_sure = is_sure && sync->second.second == DiskChange::sync;
        if (is_sure || survival_ == Survival::everything || (survival_ > Survival::everything && chance()))
            file.time = change.time;
        return;
    }
    const auto offset = static_cast<std::size_t>(change.offset);
    if (change.kind == DiskChange::truncate) {
        if (is_sure || survival_ >= Survival::everything) file.bytes.resize(offset);
        return;
    }
    std::string bytes = change.bytes;
    if (!is_sure && survival_ != Survival::everything) {
        if (survival_ < Survival::everything || file.is_cut) return;
        switch (random_() % 4) {
            case 0: file.is_cut = true; return;
            case 1:  // torn
                file.is_cut = true;
                bytes.resize(random_() % (bytes.size() + 1));
                break;
            case 2: bytes.assign(bytes.size(), '\0'); break;  // the size was written, the content wasn't
            default: break;
        }
    }
    if (file.bytes.size() < offset + bytes.size()) file.bytes.resize(offset + bytes.size());
    file.bytes.replace(offset, bytes.size(), bytes);
}

void Disk::write(ObjectId folder, const std::string& path) {
    for (const auto& [name, id] : files_[folder].entries) {
        File& file = files_[id];
        const std::string place = std::string(path).append("/").append(name);
        if (file.is_folder) {
            if (::mkdir(place.c_str(), 0700) != 0) std::abort();
            write(id, place);
            continue;
        }
        if (!file.written.empty()) {
            if (::link(file.written.c_str(), place.c_str()) != 0) std::abort();
            continue;
        }
        file.written = place;
        const int fd = ::open(place.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (fd < 0 || ::write(fd, file.bytes.data(), file.bytes.size()) != static_cast<ssize_t>(file.bytes.size()))
            std::abort();
        const timespec times[2] = {{0, UTIME_NOW}, file.time.value_or(timespec{0, UTIME_NOW})};
        if (::futimens(fd, times) != 0) std::abort();
        ::close(fd);
    }
}

}  // namespace

void restore(const std::vector<DiskChange>& changes, std::size_t count, Survival survival, std::mt19937& random,
             const std::string& target) {
    Disk(changes, count, survival, random).write(0, target);
}

}  // namespace posthouse::storage::crash
