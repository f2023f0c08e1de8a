// The memory that processes share to wake each other: who waits for what, and what changed since he looked.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "lib/base/fd.h"
#include "lib/base/result.h"
#include "storage/wake/wake_key.h"

namespace posthouse::storage {

struct WakeLayout;
class WakeSlot;

/// index_root/WAKE/: `marks`, mapped by all, and a FIFO per slot. Holds nothing that a crash could lose: whatever is
/// wrong with it (missing, damaged, of strange rights), it is made anew. Thread-safe. The file as it was opened; a
/// process that is told to be gone from it (`usable`) opens the next.
class WakeFile : public std::enable_shared_from_this<WakeFile> {
  public:
    /// As many processes can wait at a time.
    static constexpr std::uint32_t slot_count = 128;

    /// Opens or makes it. denied, io, no_space, busy: there is none; then nobody is told of anything.
    static Result<std::shared_ptr<WakeFile>> open(const std::string& index_root);
    ~WakeFile();
    WakeFile(const WakeFile&) = delete;
    WakeFile& operator=(const WakeFile&) = delete;

    /// It is still the one that others will find, and whole.
    bool usable() const;
    /// Marks these for everybody who waits for one of them, and wakes who hasn't been woken yet. Never blocks; a few
    /// loads when nobody waits. Whoever waits since before the call, or looks after it, sees the change.
    void tell(std::span<const WakeKey> keys, std::uint32_t except = slot_count);
    /// Marks everything.
    void tell_all();
    /// A place to wait in: a free one, or one whose process is dead. limit: there is none.
    Result<WakeSlot> take_slot();
    /// Removes it from where others find it: somebody found it damaged.
    static void retire(const std::string& index_root, const WakeFile& file);

    /// Its folder, open.
    int folder() const { return folder_.get(); }

  private:
    friend class WakeSlot;
    WakeFile(UniqueFd folder, UniqueFd marks, WakeLayout* layout);
    static Result<std::shared_ptr<WakeFile>> attach(int index_root);
    bool is_whole() const;
    void wake(std::uint32_t slot);
    int fifo_of(std::uint32_t slot);

    UniqueFd folder_;
    UniqueFd marks_;
    WakeLayout* layout_;
    std::size_t guard_slot_;
    std::array<std::atomic<int>, slot_count> fifos_;  ///< opened when first needed
};

/// One who waits. Ends with its process, however that ends: the kernel drops its lock. Used by one thread at a time.
class WakeSlot {
  public:
    WakeSlot(WakeSlot&&) noexcept = default;
    WakeSlot& operator=(WakeSlot&&) = delete;
    ~WakeSlot();

    /// Readable when something is marked.
    int fd() const { return fifo_.get(); }
    void watch(std::uint32_t bit);
    void unwatch(std::uint32_t bit);
    /// The bits that were marked since the last call, ascending.
    std::vector<std::uint32_t> take();
    /// Others can find it and wake it.
    bool usable() const;
    std::uint32_t number() const { return number_; }
    const std::shared_ptr<WakeFile>& file() const { return file_; }

  private:
    friend class WakeFile;
    WakeSlot(std::shared_ptr<WakeFile> file, UniqueFd lock, UniqueFd fifo, std::uint32_t number)
        : file_(std::move(file)), lock_(std::move(lock)), fifo_(std::move(fifo)), number_(number) {}
    std::shared_ptr<WakeFile> file_;  ///< nothing: moved from
    UniqueFd lock_;
    UniqueFd fifo_;
    std::uint32_t number_;
};

}  // namespace posthouse::storage
