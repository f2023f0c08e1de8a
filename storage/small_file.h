// Small files beside a mailbox's messages or in an account's folder: read with a bound, whatever lies in their places.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace posthouse::storage {

/// What lies in a small file's place.
struct SmallFile {
    /// The text without a last line that the bound may have cut in two.
    std::string_view whole_lines() const;

    std::string text;       ///< at most its bound's octets
    bool is_there = false;  ///< false: nothing, or a link, which counts as nothing
    bool is_unfit = false;  ///< it is larger than the bound, or no regular file: what `text` holds isn't all
};

/// Reads the first `max_bytes` octets. Errors are the disk's only.
Result<SmallFile> read_small_file(int folder, const std::string& name, std::size_t max_bytes);
/// For a writer that is about to replace a file he could not make sense of: keeps it, in the same folder, as
/// "posthouse-<name>.damaged.<16 hex digits>" (one "posthouse-" only), and logs that. Nothing there: success.
Result<> keep_damaged(int folder, const std::string& name);

}  // namespace posthouse::storage
