// The words of storage: UIDs and other numbers as types of their own, and sets of UIDs.
#pragma once

#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace posthouse::storage {

/// A number that can't be mixed up with another kind of number.
template <typename Tag, typename Value>
class Number {
  public:
    constexpr Number() = default;
    constexpr explicit Number(Value value) : value_(value) {}
    constexpr Value value() const { return value_; }
    constexpr auto operator<=>(const Number&) const = default;

  private:
    Value value_ = 0;
};

/// Unique identifier of a message in its mailbox, never 0 and never used twice (RFC 9051 §2.3.1.1).
using Uid = Number<struct UidTag, std::uint32_t>;
/// The unique identifier validity value of a mailbox (RFC 9051 §2.3.1.1).
using UidValidity = Number<struct UidValidityTag, std::uint32_t>;
/// A message's place in a session's view, from 1 (RFC 9051 §2.3.1.2).
using SequenceNumber = Number<struct SequenceNumberTag, std::uint32_t>;
/// A mailbox's modification sequence (RFC 7162 §3.1).
using ModSeq = Number<struct ModSeqTag, std::uint64_t>;
/// Date and time with a second's precision, UTC.
using Time = std::chrono::sys_seconds;

/// A run of UIDs, both ends included.
struct UidRange {
    Uid first;
    Uid last;
    constexpr bool operator==(const UidRange&) const = default;
};

/// A set of UIDs as sorted, disjoint ranges. "*" is resolved before: by the highest UID of the session's View.
class UidSet {
  public:
    UidSet() = default;
    explicit UidSet(const std::vector<Uid>& uids);
    /// Every UID there can be.
    static UidSet all();

    void add(Uid uid) { add(uid, uid); }
    /// Adds the run from one to the other, in whichever order (RFC 9051 §9, seq-range). Cheapest in ascending order.
    void add(Uid one, Uid other);
    void add(const UidSet& others);
    void remove(const UidSet& others);
    bool contains(Uid uid) const;
    bool empty() const { return ranges_.empty(); }
    const std::vector<UidRange>& ranges() const { return ranges_; }
    bool operator==(const UidSet&) const = default;

  private:
    std::vector<UidRange> ranges_;
};

}  // namespace posthouse::storage
