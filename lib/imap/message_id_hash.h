// Message-IDs as numbers: all that THREAD asks of an id is whether it equals another.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace posthouse::imap {

/// FNV-1a of an id in its normal form; 0: there is no id. Who makes two ids collide on purpose gets what the same id
/// twice gets: messages in one thread that name each other.
using MessageIdHash = std::uint64_t;

constexpr MessageIdHash message_id_hash(std::string_view normal_id) {
    if (normal_id.empty()) return 0;
    constexpr std::uint64_t offset_basis = 0xcbf29ce484222325;
    constexpr std::uint64_t prime = 0x100000001b3;
    std::uint64_t hash = offset_basis;
    for (const char c : normal_id) hash = (hash ^ static_cast<unsigned char>(c)) * prime;
    return hash == 0 ? 1 : hash;
}

/// A list of them as it stands in a record: eight bytes each in this machine's order, anywhere in memory.
class MessageIdHashes {
  public:
    MessageIdHashes() = default;
    /// A rest of less than eight bytes is left out.
    explicit MessageIdHashes(std::string_view bytes) : bytes_(bytes) {}

    std::size_t size() const { return bytes_.size() / sizeof(MessageIdHash); }
    bool empty() const { return size() == 0; }
    MessageIdHash operator[](std::size_t index) const {
        MessageIdHash hash = 0;
        std::memcpy(&hash, bytes_.data() + index * sizeof hash, sizeof hash);
        return hash;
    }
    std::string_view bytes() const { return bytes_; }

  private:
    std::string_view bytes_;
};

}  // namespace posthouse::imap
