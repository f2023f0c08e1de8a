// Making and opening the wake marks' file, and telling through it.
#include "storage/wake/wake_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bit>
#include <cerrno>
#include <chrono>
#include <cstddef>

#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/base/random.h"
#include "storage/folder.h"
#include "storage/index/fault_guard.h"
#include "storage/trees.h"
#include "storage/wake/wake_layout.h"

namespace posthouse::storage {
namespace {

constexpr const char* folder_name = "WAKE";
constexpr const char* marks_name = "marks";
/// Begins the names of such folders on their way in or out.
constexpr std::string_view building_prefix = "WAKE.";
/// For who makes the file at the same time; a writer is not to wait for long.
constexpr std::chrono::milliseconds make_wait{100};

std::string fifo_name(std::uint32_t slot) { return std::to_string(slot); }

/// Made by root on behalf of whom the indexes belong to.
Result<> give_to_owner(int fd, const struct stat& owner) {
    struct stat st{};
    if (::fstat(fd, &st) != 0) return fail_errno("stat wake marks", errno);
    if (st.st_uid == owner.st_uid || ::geteuid() != 0) return {};
    return ::fchown(fd, owner.st_uid, owner.st_gid) == 0 ? Result<>{} : fail_errno("chown wake marks", errno);
}

Result<> fill(int folder, const struct stat& owner) {
    if (Result<> given = give_to_owner(folder, owner); !given) return given;
    const Result<UniqueFd> marks = open_in(folder, marks_name, O_RDWR | O_CREAT | O_EXCL);
    if (!marks) return fail(marks.error());
    if (Result<> given = give_to_owner(marks->get(), owner); !given) return given;
    // With blocks of its own: a full disk is to fail here, not where the memory is used.
    if (const int error = ::posix_fallocate(marks->get(), 0, sizeof(WakeLayout)); error != 0)
        return fail_errno("make wake marks", error);
    std::string head(offsetof(WakeLayout, used), '\0');
    const std::uint32_t numbers[] = {wake_version, sizeof(WakeLayout)};
    head.replace(0, wake_magic.size(), wake_magic.data(), wake_magic.size());
    head.replace(wake_magic.size(), sizeof numbers, reinterpret_cast<const char*>(numbers), sizeof numbers);
    return write_all(marks->get(), head);
}

/// With index_root locked.
Result<> make(int index_root) {
    const Result<std::vector<std::string>> names = names_in(index_root);
    if (!names) return fail(names.error());
    for (const std::string& name : *names)
        if (name.starts_with(building_prefix))
            if (Result<> removed = remove_tree_in(index_root, name); !removed) return removed;
    struct stat owner{};
    if (::fstat(index_root, &owner) != 0) return fail_errno("stat index_root", errno);
    const std::string building = std::string(building_prefix) + random_hex(8);
    if (::mkdirat(index_root, building.c_str(), 0700) != 0) return fail_errno("mkdir " + building, errno);
    const Result<UniqueFd> folder = open_in(index_root, building, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    Result<> made = folder ? fill(folder->get(), owner) : fail(folder.error());
    if (made && ::renameat2(index_root, building.c_str(), index_root, folder_name, RENAME_NOREPLACE) != 0)
        made = fail_errno("rename wake marks", errno);
    if (!made && !remove_tree_in(index_root, building))
        log::warning("half made wake marks can't be removed", {{"folder", building}});
    return made;
}

/// With index_root locked. The marks' own name goes first: it is how those who use them notice.
void remove(int index_root) {
    ::unlinkat(index_root, (std::string(folder_name) + "/" + marks_name).c_str(), 0);
    const std::string old = std::string(building_prefix) + random_hex(8);
    if (::renameat(index_root, folder_name, index_root, old.c_str()) != 0) return;
    if (!remove_tree_in(index_root, old)) log::warning("old wake marks can't be removed", {{"folder", old}});
}

}  // namespace

WakeFile::WakeFile(UniqueFd folder, UniqueFd marks, WakeLayout* layout)
    : folder_(std::move(folder)),
      marks_(std::move(marks)),
      layout_(layout),
      guard_slot_(guard_spare_map(layout, sizeof *layout)) {
    for (std::atomic<int>& fifo : fifos_) fifo.store(-1, std::memory_order_relaxed);
}

WakeFile::~WakeFile() {
    for (const std::atomic<int>& fifo : fifos_)
        if (const int fd = fifo.load(); fd >= 0) ::close(fd);
    unguard_map(guard_slot_);
    ::munmap(layout_, sizeof *layout_);
}

Result<std::shared_ptr<WakeFile>> WakeFile::attach(int index_root) {
    struct stat owner{};
    if (::fstat(index_root, &owner) != 0) return fail_errno("stat index_root", errno);
    Result<UniqueFd> folder = open_in(index_root, folder_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    if (!folder) return fail(folder.error());
    Result<UniqueFd> marks = open_in(folder->get(), marks_name, O_RDWR | O_NOFOLLOW);
    if (!marks) return fail(marks.error());
    struct stat st{};
    if (::fstat(marks->get(), &st) != 0) return fail_errno("stat wake marks", errno);
    const bool is_ours = st.st_uid == owner.st_uid && (st.st_mode & 077) == 0;
    if (!S_ISREG(st.st_mode) || !is_ours || st.st_size != sizeof(WakeLayout))
        return fail(ErrorCode::invalid, "Wake marks are not usable");
    void* map = ::mmap(nullptr, sizeof(WakeLayout), PROT_READ | PROT_WRITE, MAP_SHARED, marks->get(), 0);
    if (map == MAP_FAILED) return fail_errno("map wake marks", errno);
    std::shared_ptr<WakeFile> file(new WakeFile(std::move(*folder), std::move(*marks), static_cast<WakeLayout*>(map)));
    if (!file->is_whole()) return fail(ErrorCode::invalid, "Wake marks are damaged");
    return file;
}

Result<std::shared_ptr<WakeFile>> WakeFile::open(const std::string& index_root) {
    Result<UniqueFd> root = open_file(index_root, O_RDONLY | O_DIRECTORY);
    if (!root && root.error().code == ErrorCode::not_found) {
        if (Result<> made = make_folders(index_root); !made) return fail(made.error());
        root = open_file(index_root, O_RDONLY | O_DIRECTORY);
    }
    if (!root) return fail(root.error());
    const auto is_final = [](const Result<std::shared_ptr<WakeFile>>& file) {
        return file || (file.error().code != ErrorCode::not_found && file.error().code != ErrorCode::invalid);
    };
    Result<std::shared_ptr<WakeFile>> file = attach(root->get());
    if (is_final(file)) return file;
    const Result<FileLock> lock = FileLock::take(root->get(), make_wait);
    if (!lock) return fail(lock.error());
    file = attach(root->get());
    if (is_final(file)) return file;
    if (file.error().code == ErrorCode::invalid)
        log::warning("wake marks are made anew", {{"index_root", index_root}, {"reason", file.error().message()}});
    remove(root->get());
    if (Result<> made = make(root->get()); !made) return fail(made.error());
    return attach(root->get());
}

void WakeFile::retire(const std::string& index_root, const WakeFile& file) {
    const Result<UniqueFd> root = open_file(index_root, O_RDONLY | O_DIRECTORY);
    if (!root) return;
    const Result<FileLock> lock = FileLock::take(root->get(), make_wait);
    if (!lock) return;
    // Another may have done so before.
    struct stat mine{};
    struct stat there{};
    const std::string path = std::string(folder_name) + "/" + marks_name;
    if (::fstat(file.marks_.get(), &mine) != 0 || ::fstatat(root->get(), path.c_str(), &there, 0) != 0 ||
        mine.st_ino != there.st_ino || mine.st_dev != there.st_dev)
        return;
    log::warning("wake marks are damaged, they are made anew", {{"index_root", index_root}});
    remove(root->get());
}

bool WakeFile::is_whole() const {
    return layout_->magic == wake_magic && layout_->version == wake_version && layout_->bytes == sizeof(WakeLayout);
}

bool WakeFile::usable() const {
    struct stat st{};
    return ::fstat(marks_.get(), &st) == 0 && st.st_nlink > 0 && st.st_size == sizeof(WakeLayout) && is_whole();
}

void WakeFile::tell(std::span<const WakeKey> keys, std::uint32_t except) {
    // What was changed is seen by whoever isn't seen waiting here: he looks after he has noted that he waits.
    std::atomic_thread_fence(std::memory_order_seq_cst);
    for (std::uint32_t word = 0; word < slot_count / 64; ++word) {
        std::uint64_t used = layout_->used.words[word].load(std::memory_order_relaxed);
        for (; used != 0; used &= used - 1) {
            const std::uint32_t number = word * 64 + static_cast<std::uint32_t>(std::countr_zero(used));
            if (number == except) continue;
            WakeSlotLayout& slot = layout_->slots[number];
            bool is_watched = false;
            for (const WakeKey key : keys) {
                if (!slot.watched.has(key.bit())) continue;
                slot.dirty.set(key.bit());
                is_watched = true;
            }
            if (is_watched) wake(number);
        }
    }
}

void WakeFile::tell_all() {
    for (std::uint32_t number = 0; number < slot_count; ++number) {
        if (!layout_->used.has(number)) continue;
        for (auto& word : layout_->slots[number].dirty.words) word.store(~0ull);
        wake(number);
    }
}

void WakeFile::wake(std::uint32_t number) {
    WakeSlotLayout& slot = layout_->slots[number];
    std::uint32_t signal = slot.signal.load();
    if (signal % 2 == 1) return;
    const int fifo = fifo_of(number);
    if (fifo < 0) return;
    // The byte first, the note of it after: a process that dies in between costs a byte too many, never one too few.
    // A full FIFO wakes as well.
    const char byte = 0;
    if (::write(fifo, &byte, 1) == 1 || errno == EAGAIN) slot.signal.compare_exchange_strong(signal, signal + 1);
}

int WakeFile::fifo_of(std::uint32_t slot) {
    std::atomic<int>& known = fifos_[slot];
    int fd = known.load(std::memory_order_acquire);
    if (fd >= 0) return fd;
    // For reading too, so that writing never raises SIGPIPE.
    Result<UniqueFd> opened = open_in(folder_.get(), fifo_name(slot), O_RDWR | O_NONBLOCK | O_NOFOLLOW);
    struct stat st{};
    if (!opened || ::fstat(opened->get(), &st) != 0 || !S_ISFIFO(st.st_mode)) return -1;
    if (known.compare_exchange_strong(fd, opened->get())) return opened->release();
    return fd;
}

Result<WakeSlot> WakeFile::take_slot() {
    // Locks belong to an open file: one of its own for each slot, so that two of one process are two.
    Result<UniqueFd> lock = open_in(folder_.get(), marks_name, O_RDWR | O_NOFOLLOW);
    if (!lock) return fail(lock.error());
    struct stat mine{};
    struct stat there{};
    if (::fstat(marks_.get(), &mine) != 0 || ::fstat(lock->get(), &there) != 0 || mine.st_ino != there.st_ino)
        return fail(ErrorCode::busy, "Wake marks were replaced");
    const auto set_lock = [&](std::uint32_t number, short type) {
        struct flock range{};
        range.l_type = type;
        range.l_whence = SEEK_SET;
        range.l_start = number;
        range.l_len = 1;
        return ::fcntl(lock->get(), F_OFD_SETLK, &range) == 0;
    };
    std::uint32_t taken = slot_count;
    for (std::uint32_t number = 0; number < slot_count; ++number) {
        const bool is_used = layout_->used.has(number);
        if ((!is_used && taken != slot_count) || !set_lock(number, F_WRLCK)) continue;
        layout_->used.clear(number);  // its process is dead
        if (taken == slot_count)
            taken = number;
        else
            set_lock(number, F_UNLCK);
    }
    if (taken == slot_count) return fail(ErrorCode::limit, "Too many processes wait for mail");
    WakeSlotLayout& slot = layout_->slots[taken];
    if (::mkfifoat(folder_.get(), fifo_name(taken).c_str(), 0600) == 0) {
        // Others may still have the one open that was here.
        if (slot.signal.load() != 0) return fail(ErrorCode::invalid, "A FIFO is missing");
    } else if (errno != EEXIST) {
        return fail_errno("make a FIFO", errno);
    }
    // For writing too: it would be at its end whenever nobody has it open.
    Result<UniqueFd> fifo = open_in(folder_.get(), fifo_name(taken), O_RDWR | O_NONBLOCK | O_NOFOLLOW);
    if (!fifo) return fail(fifo.error());
    struct stat st{};
    if (::fstat(fifo->get(), &st) != 0 || !S_ISFIFO(st.st_mode)) return fail(ErrorCode::invalid, "Not a FIFO");
    struct stat owner{};
    if (::fstat(folder_.get(), &owner) == 0)
        if (Result<> given = give_to_owner(fifo->get(), owner); !given) return fail(given.error());
    slot.watched.clear_all();
    WakeSlot made(shared_from_this(), std::move(*lock), std::move(*fifo), taken);
    made.take();
    layout_->used.set(taken);
    return made;
}

}  // namespace posthouse::storage
