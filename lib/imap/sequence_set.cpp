// Sequence sets: reading, resolving "*", printing.
#include "lib/imap/sequence_set.h"

#include <algorithm>
#include <limits>

namespace posthouse::imap {
namespace {

std::uint32_t read_number(Arguments& arguments) {
    if (arguments.accept('*')) return SequenceSet::kStar;
    return arguments.nz_number();
}

}  // namespace

bool SequenceSet::has_star() const {
    return std::ranges::any_of(ranges_, [](const NumberRange& r) { return r.first == kStar || r.last == kStar; });
}

std::vector<NumberRange> SequenceSet::resolve(std::uint32_t largest) const {
    std::vector<NumberRange> sorted;
    sorted.reserve(ranges_.size());
    for (NumberRange range : ranges_) {
        if (largest == 0 && (range.first == kStar || range.last == kStar)) continue;
        if (range.first == kStar) range.first = largest;
        if (range.last == kStar) range.last = largest;
        if (range.first > range.last) std::swap(range.first, range.last);
        sorted.push_back(range);
    }
    std::ranges::sort(sorted, {}, &NumberRange::first);
    std::vector<NumberRange> joined;
    for (const NumberRange& range : sorted) {
        const bool touches = !joined.empty() && (joined.back().last == std::numeric_limits<std::uint32_t>::max() ||
                                                 range.first <= joined.back().last + 1);
        if (touches) {
            joined.back().last = std::max(joined.back().last, range.last);
        } else {
            joined.push_back(range);
        }
    }
    return joined;
}

SequenceSet read_sequence_set(Arguments& arguments) {
    SequenceSet set;
    if (arguments.accept('$')) {
        set.set_saved();
        return set;
    }
    std::size_t count = 0;
    do {
        if (++count > arguments.limits().set_ranges) {
            arguments.fail("Too many ranges in the sequence set", ErrorCode::limit);
            break;
        }
        const std::uint32_t first = read_number(arguments);
        const std::uint32_t last = arguments.accept(':') ? read_number(arguments) : first;
        if (arguments.failed()) break;
        set.add(first, last);
    } while (arguments.accept(','));
    return set;
}

Result<SequenceSet> parse_sequence_set(std::string_view text) {
    Arguments arguments(text);
    SequenceSet set = read_sequence_set(arguments);
    arguments.end();
    if (arguments.failed()) return fail(*arguments.error());
    return set;
}

bool contains(std::span<const NumberRange> ranges, std::uint32_t number) {
    const auto after = std::ranges::upper_bound(ranges, number, {}, &NumberRange::first);
    return after != ranges.begin() && number <= std::prev(after)->last;
}

std::vector<NumberRange> to_ranges(std::span<const std::uint32_t> ascending) {
    std::vector<NumberRange> ranges;
    for (const std::uint32_t number : ascending) {
        if (!ranges.empty() && ranges.back().last + 1 == number) {
            ranges.back().last = number;
        } else {
            ranges.push_back({number, number});
        }
    }
    return ranges;
}

void append_ranges(std::string& out, std::span<const NumberRange> ranges) {
    bool first = true;
    for (const NumberRange& range : ranges) {
        if (!first) out += ',';
        first = false;
        out += std::to_string(range.first);
        if (range.last != range.first) {
            out += ':';
            out += std::to_string(range.last);
        }
    }
}

std::string print_numbers(std::span<const std::uint32_t> numbers) {
    std::string out;
    append_ranges(out, to_ranges(numbers));
    return out;
}

}  // namespace posthouse::imap
