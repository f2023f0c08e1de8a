// Whole small files: read with a bound, written so that they survive power loss.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "lib/base/fd.h"
#include "lib/base/result.h"

namespace posthouse {

/// Opens with O_CLOEXEC; retries on EINTR.
Result<UniqueFd> open_file(const std::string& path, int flags, mode_t mode = 0600);
/// Reads a whole file of at most `max_bytes` (larger: limit).
Result<std::string> read_file(const std::string& path, std::size_t max_bytes = 16u << 20);
/// Reads what is left of `fd`, at most `max_bytes`.
Result<std::string> read_all(int fd, std::size_t max_bytes = 16u << 20);
/// Writes all bytes; retries short writes and EINTR.
Result<> write_all(int fd, std::string_view bytes);
/// Replaces `path` durably: temporary file beside it, fsync, rename, fsync of the folder.
Result<> write_file_durably(const std::string& path, std::string_view bytes, mode_t mode = 0600);
/// fsync of a folder, so that entries made or removed in it survive power loss.
Result<> sync_folder(const std::string& path);
/// mkdir -p; each folder that is made gets `mode`, and its parent is synced.
Result<> make_folders(const std::string& path, mode_t mode = 0700);

}  // namespace posthouse
