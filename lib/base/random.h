// Unpredictable bytes from the kernel, and ids made of them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace posthouse {

/// `count` bytes of getrandom(2).
std::string random_bytes(std::size_t count);
/// `count` bytes as 2 × count lower-case hexadecimal digits.
std::string random_hex(std::size_t count);
/// An id for a session or a transaction: 16 digits and letters, unique over processes and restarts, and ordered
/// roughly by time.
std::string make_id();
/// An id in the same form made from the first 16 of these bytes: the same bytes, the same id.
std::string make_id(std::string_view bytes);
/// `text` has the form of make_id(): nobody else's id of a session or message looks like it by chance.
bool is_id(std::string_view text);

}  // namespace posthouse
