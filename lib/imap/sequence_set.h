// Sequence sets: ranges of message sequence numbers or UIDs as commands name them and replies print them
// (RFC 3501 §9 sequence-set).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/imap/arguments.h"

namespace posthouse::imap {

/// first <= last, both included.
struct NumberRange {
    std::uint32_t first = 0;
    std::uint32_t last = 0;
    bool operator==(const NumberRange&) const = default;
};

/// A set as the client sent it, "*" not yet known.
class SequenceSet {
  public:
    /// Stands for "*", the largest number in use.
    static constexpr std::uint32_t kStar = 0;

    /// Adds first:last; either may be kStar, in any order.
    void add(std::uint32_t first, std::uint32_t last) { ranges_.push_back({first, last}); }
    bool empty() const { return ranges_.empty() && !saved_; }
    /// How many ranges it has as sent; "$" is none of them.
    std::size_t range_count() const { return ranges_.size(); }
    bool has_star() const;
    /// "$": what the last SEARCH saved (RFC 5182 §2.1). Only who knows that can resolve it.
    void set_saved() { saved_ = true; }
    bool is_saved() const { return saved_; }

    /// The set with "*" meaning `largest`: sorted, without overlaps, neighbours joined. "5:*" with largest 3 means
    /// 3:5 (RFC 3501 §9). With `largest` 0 (an empty mailbox) everything that names "*" names nothing.
    std::vector<NumberRange> resolve(std::uint32_t largest) const;

  private:
    std::vector<NumberRange> ranges_;
    bool saved_ = false;
};

/// Reads a sequence-set, which may be "$".
SequenceSet read_sequence_set(Arguments& arguments);
/// Parses a whole text as a sequence-set.
Result<SequenceSet> parse_sequence_set(std::string_view text);

/// Whether `ranges`, as resolve gives them, hold `number`; by binary search.
bool contains(std::span<const NumberRange> ranges, std::uint32_t number);

/// Joins ascending numbers into ranges.
std::vector<NumberRange> to_ranges(std::span<const std::uint32_t> ascending);
/// Prints ranges: "1:3,7". Empty: an empty text.
void append_ranges(std::string& out, std::span<const NumberRange> ranges);
/// Prints numbers in the order given, neighbours joined: {1,2,3,7} is "1:3,7".
std::string print_numbers(std::span<const std::uint32_t> numbers);

}  // namespace posthouse::imap
