// Range: a piece of a message as offsets into its raw bytes, so that it stays true wherever the bytes are held.
#pragma once

#include <cstddef>
#include <string_view>

namespace posthouse::mime {

/// The bytes [begin, end) of a message.
struct Range {
    std::size_t begin = 0;
    std::size_t end = 0;

    constexpr std::size_t size() const { return end - begin; }
    constexpr bool empty() const { return begin == end; }
    /// The bytes themselves; `message` must be the one the range was made for.
    constexpr std::string_view of(std::string_view message) const { return message.substr(begin, end - begin); }
    friend constexpr bool operator==(const Range&, const Range&) = default;
};

}  // namespace posthouse::mime
