// Matching of LIST patterns: all places of the pattern that the name so far can stand at, as bits of words that each
// octet of the name moves on together (Shift-And with self-loops).
#include "lib/imap/list_pattern.h"

#include <climits>

#include "lib/base/ascii.h"

namespace posthouse::imap {
namespace {

constexpr std::size_t kWordBits = sizeof(std::uint64_t) * CHAR_BIT;

/// Rows of bits: none is set; a "*" stands at the place; a wildcard does; and from here one for each octet, which is
/// next at the place.
enum Row : std::size_t { kNowhere, kStar, kWildcard, kOctets };

bool is_wildcard(char c) { return c == '*' || c == '%'; }

bool has_bit(const std::uint64_t* row, std::size_t place) {
    return (row[place / kWordBits] >> (place % kWordBits) & 1) != 0;
}

void set_bit(std::uint64_t* row, std::size_t place) { row[place / kWordBits] |= std::uint64_t{1} << place % kWordBits; }

/// The letter in the other case; any other octet as it is.
char other_case(char c) {
    const char lower = ascii::to_lower(c);
    return lower == c ? ascii::to_upper(c) : lower;
}

}  // namespace

ListPattern::ListPattern(std::string_view pattern, char separator) : separator_(separator) {
    for (const char c : pattern) {
        if (is_wildcard(c)) continue;
        ++length_;
        if (octets_.find(c) == std::string::npos) octets_ += c;
    }
    words_ = length_ / kWordBits + 1;
    rows_.resize((kOctets + octets_.size()) * words_);
    std::size_t place = 0;
    for (const char c : pattern) {
        if (is_wildcard(c)) {
            set_bit(row(kWildcard), place);
            if (c == '*') set_bit(row(kStar), place);
        } else {
            set_bit(row(kOctets + octets_.find(c)), place++);
        }
    }
}

const ListPattern::Word* ListPattern::row_of(char octet) const {
    const std::size_t index = octets_.find(octet);
    return row(index == std::string::npos ? kNowhere : kOctets + index);
}

bool ListPattern::ends_at_level() const { return has_bit(row(kWildcard), length_) && !has_bit(row(kStar), length_); }

bool ListPattern::matches(std::string_view name) const {
    if (name.size() < length_) return false;
    if (length_ == 0 && has_bit(row(kStar), 0)) return true;
    const bool fold = ascii::iequals(name, "INBOX");
    std::vector<Word> reached(words_);
    reached.front() = 1;
    for (const char c : name) {
        const Word* stays = row(c == separator_ ? kStar : kWildcard);
        const Word* moves = row_of(c);
        const Word* moves_too = fold ? row_of(other_case(c)) : row(kNowhere);
        Word carry = 0;
        Word any = 0;
        for (std::size_t i = 0; i < words_; ++i) {
            const Word moving = reached[i] & (moves[i] | moves_too[i]);
            reached[i] = (reached[i] & stays[i]) | moving << 1 | carry;
            carry = moving >> (kWordBits - 1);
            any |= reached[i];
        }
        if (any == 0) return false;
    }
    return has_bit(reached.data(), length_);
}

}  // namespace posthouse::imap
