// partial-range: a part of many results (RFC 9394 §3).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "lib/imap/arguments.h"

namespace posthouse::imap {

/// partial-range: the results from one to the other, from 1; negative ones count from the end.
struct PartialRange {
    std::int64_t first = 1;
    std::int64_t last = 1;
    bool operator==(const PartialRange&) const = default;
};
/// "1:500" or "-1:-100"; both of one sign, and not 0.
PartialRange read_partial_range(Arguments& arguments);
/// "1:500", as it was asked for.
std::string print(const PartialRange& range);
/// What `range` takes of that many results: the place of the first, from 0, and how many.
std::pair<std::size_t, std::size_t> taken_of(const PartialRange& range, std::size_t count);

}  // namespace posthouse::imap
