// One who waits: says what for, and takes what was marked.
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <bit>

#include "storage/wake/wake_file.h"
#include "storage/wake/wake_layout.h"

namespace posthouse::storage {

WakeSlot::~WakeSlot() {
    if (!file_) return;
    file_->layout_->used.clear(number_);
    file_->layout_->slots[number_].watched.clear_all();
}

void WakeSlot::watch(std::uint32_t bit) { file_->layout_->slots[number_].watched.set(bit); }

void WakeSlot::unwatch(std::uint32_t bit) { file_->layout_->slots[number_].watched.clear(bit); }

std::vector<std::uint32_t> WakeSlot::take() {
    WakeSlotLayout& slot = file_->layout_->slots[number_];
    // The bytes, then the signal, then the marks: whoever marks after they are taken finds the signal even and writes a
    // byte that is still there.
    std::array<char, 64> bytes{};
    while (::read(fifo_.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size())) {
    }
    std::uint32_t signal = slot.signal.load();
    while (!slot.signal.compare_exchange_weak(signal, (signal | 1) + 1)) {
    }
    std::vector<std::uint32_t> bits;
    for (std::uint32_t word = 0; word < slot.dirty.words.size(); ++word) {
        std::atomic<std::uint64_t>& dirty = slot.dirty.words[word];
        if (dirty.load() == 0) continue;
        for (std::uint64_t marks = dirty.exchange(0); marks != 0; marks &= marks - 1)
            bits.push_back(word * 64 + static_cast<std::uint32_t>(std::countr_zero(marks)));
    }
    return bits;
}

bool WakeSlot::usable() const {
    struct stat st{};
    return file_->usable() && file_->layout_->used.has(number_) && ::fstat(fifo_.get(), &st) == 0 && st.st_nlink > 0;
}

}  // namespace posthouse::storage
