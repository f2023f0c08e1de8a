// Bytes at places of a file: all of them, whatever interrupts the calls.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace posthouse::spool {

/// Errors: no_space, io.
Result<> write_at(int fd, std::string_view bytes, std::uint64_t offset);
/// Fewer than `count` only at the end of the file. Errors: io.
Result<std::string> read_at(int fd, std::uint64_t offset, std::size_t count);

}  // namespace posthouse::spool
