// How the shared memory of the wake marks is laid out. Any change of it is another `version`, and another file's name.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "storage/wake/wake_file.h"

namespace posthouse::storage {

/// A set of bits that processes change at once.
template <std::uint32_t Count>
struct SharedBits {
    std::array<std::atomic<std::uint64_t>, Count / 64> words;

    static constexpr std::uint64_t mask(std::uint32_t bit) { return 1ull << (bit % 64); }
    bool has(std::uint32_t bit) const { return (words[bit / 64].load(std::memory_order_relaxed) & mask(bit)) != 0; }
    void set(std::uint32_t bit) { words[bit / 64].fetch_or(mask(bit)); }
    void clear(std::uint32_t bit) { words[bit / 64].fetch_and(~mask(bit)); }
    void clear_all() {
        for (auto& word : words) word.store(0);
    }
};

/// One who waits.
struct alignas(64) WakeSlotLayout {
    /// Odd: a byte is in the FIFO, nobody needs to write another. Only who waits makes it even, always to a number it
    /// never had: so a writer that was held up between its byte and its note of it can't claim a byte that was read.
    std::atomic<std::uint32_t> signal;
    SharedBits<WakeKey::bit_count> watched;
    SharedBits<WakeKey::bit_count> dirty;
};

struct alignas(4096) WakeLayout {
    std::array<char, 8> magic;
    std::uint32_t version;
    std::uint32_t bytes;
    SharedBits<WakeFile::slot_count> used;
    std::array<WakeSlotLayout, WakeFile::slot_count> slots;
};
static_assert(std::atomic<std::uint64_t>::is_always_lock_free && std::atomic<std::uint32_t>::is_always_lock_free);

constexpr std::array<char, 8> wake_magic{'P', 'H', 'W', 'A', 'K', 'E', '\r', '\n'};
constexpr std::uint32_t wake_version = 1;

}  // namespace posthouse::storage
