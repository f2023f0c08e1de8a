// What one may wait for, as a number that all processes make alike.
#pragma once

#include <compare>
#include <cstdint>
#include <string_view>

#include "storage/index/rows.h"

namespace posthouse::storage {

/// A mailbox, or anything of an account. Hashed: two things may rarely have the same key, so a wake is only a hint.
class WakeKey {
  public:
    /// Of them so many can be told apart in shared memory.
    static constexpr std::uint32_t bit_count = 8192;

    /// The messages of the mailbox in this folder: known without reading anything, and it stays over renames.
    static WakeKey of_mailbox(const FolderKey& folder);
    /// Whatever changes in an account; `path` is where it lies below mail_root.
    static WakeKey of_account(std::string_view path);

    /// Its place among a slot's bits. Keys with the same bit stand side by side in their order.
    std::uint32_t bit() const { return static_cast<std::uint32_t>(hash_ >> (64 - bits_of_a_bit)); }
    /// The first of the keys with this bit.
    static WakeKey first_with(std::uint32_t bit) { return WakeKey(std::uint64_t{bit} << (64 - bits_of_a_bit)); }
    auto operator<=>(const WakeKey&) const = default;

  private:
    static constexpr unsigned bits_of_a_bit = 13;
    static_assert(1u << bits_of_a_bit == bit_count);
    explicit WakeKey(std::uint64_t hash) : hash_(hash) {}
    std::uint64_t hash_;
};

}  // namespace posthouse::storage
