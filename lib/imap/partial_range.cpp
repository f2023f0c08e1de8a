// Reading, printing and applying partial ranges.
#include "lib/imap/partial_range.h"

#include <algorithm>

namespace posthouse::imap {

PartialRange read_partial_range(Arguments& arguments) {
    const auto read_number = [&] {
        const bool is_negative = arguments.accept('-');
        const auto number = static_cast<std::int64_t>(arguments.nz_number());
        return is_negative ? -number : number;
    };
    PartialRange range;
    range.first = read_number();
    arguments.expect(':');
    range.last = read_number();
    if ((range.first < 0) != (range.last < 0)) arguments.fail("Both ends of a partial range count from one side");
    return range;
}

std::string print(const PartialRange& range) { return std::to_string(range.first) + ":" + std::to_string(range.last); }

std::pair<std::size_t, std::size_t> taken_of(const PartialRange& range, std::size_t count) {
    const auto total = static_cast<std::int64_t>(count);
    std::int64_t first = std::min(range.first, range.last);
    std::int64_t last = std::max(range.first, range.last);
    if (first < 0) {
        first += total + 1;
        last += total + 1;
    }
    first = std::max<std::int64_t>(first, 1);
    last = std::min(last, total);
    if (first > last) return {0, 0};
    return {static_cast<std::size_t>(first - 1), static_cast<std::size_t>(last - first + 1)};
}

}  // namespace posthouse::imap
