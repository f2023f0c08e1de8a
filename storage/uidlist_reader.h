// Reading dovecot-uidlist in pieces, whatever its size: what makes no sense takes no memory.
#pragma once

#include <cstdint>
#include <optional>

#include "lib/base/result.h"
#include "storage/uidlist.h"

namespace posthouse::storage {

/// The first line, and where the next one begins.
struct UidListStart {
    UidListHeader header;
    std::int64_t end = 0;
};
/// Nothing: the open file has no usable header.
Result<std::optional<UidListStart>> read_uidlist_start(int file);

/// Lines from somewhere to the end.
struct UidListTail {
    UidListLines lines;
    std::int64_t bytes = 0;  ///< all that was read, with a torn line
};
/// UIDs must be above `last_uid`. limit: over 1 GiB.
Result<UidListTail> read_uidlist_tail(int file, std::int64_t offset, bool version1, std::uint32_t last_uid);

}  // namespace posthouse::storage
