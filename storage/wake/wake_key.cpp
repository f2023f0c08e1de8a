// Hashing of what one may wait for: the same in every process, so not std::hash.
#include "storage/wake/wake_key.h"

namespace posthouse::storage {
namespace {

/// SplitMix64's finaliser: every bit of the input reaches every bit of the result.
std::uint64_t mixed(std::uint64_t value) {
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9ull;
    value = (value ^ (value >> 27)) * 0x94d049bb133111ebull;
    return value ^ (value >> 31);
}

}  // namespace

WakeKey WakeKey::of_mailbox(const FolderKey& folder) { return WakeKey(mixed(mixed(folder.device + 1) ^ folder.inode)); }

WakeKey WakeKey::of_account(std::string_view path) {
    std::uint64_t hash = 0xcbf29ce484222325ull;  // FNV-1a
    for (const char c : path) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ull;
    return WakeKey(mixed(hash));
}

}  // namespace posthouse::storage
