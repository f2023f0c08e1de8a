// The file `maildirsize` of Maildir++ (FORMAT.md): a quota's definition, and lines whose sum is what the mail takes.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "storage/quota.h"

namespace posthouse::storage {

/// What the file says.
struct MaildirSize {
    QuotaLimit limit;  ///< its definition
    Usage usage;       ///< the sum of its lines
    bool operator==(const MaildirSize&) const = default;
};

/// A file larger than this is written anew.
inline constexpr std::size_t max_maildirsize_bytes = 5120;
/// A file that says "over quota" is believed for so long.
inline constexpr std::chrono::minutes over_quota_belief{15};

/// Nothing: damaged (a line that is none, a torn one, no line but the definition, a sum below zero or out of range).
std::optional<MaildirSize> parse_maildirsize(std::string_view text);
/// "<bytes> <messages>\n"
std::string to_line(const Usage& usage);
/// The whole file: the definition (no limit: "0S", as Dovecot writes it) and one line.
std::string to_text(const MaildirSize& content);

/// Which file it is: another one after every replacement, the same after appending.
struct FileIdentity {
    std::uint64_t inode = 0;
    std::int64_t born_ns = 0;  ///< 0 where the file system doesn't know
    bool operator==(const FileIdentity&) const = default;
};

/// A file that was read.
struct MaildirSizeFile {
    MaildirSize content;
    FileIdentity identity;
    std::int64_t size = 0;
    std::int64_t changed_ns = 0;  ///< its mtime
};

/// What tells without reading that the file isn't as it was; a zero size: there is none.
struct MaildirSizeStamp {
    FileIdentity identity;
    std::int64_t size = 0;
    std::int64_t changed_ns = 0;
    bool operator==(const MaildirSizeStamp&) const = default;
};
inline MaildirSizeStamp stamp_of(const MaildirSizeFile& file) { return {file.identity, file.size, file.changed_ns}; }
Result<MaildirSizeStamp> look_at_maildirsize(const std::string& root);

/// Reads the file of the account at `root`. Nothing: there is none, or it is damaged.
Result<std::optional<MaildirSizeFile>> read_maildirsize(const std::string& root);
/// Replaces it, whole at once. Not synced: what power loss takes away is counted again. Run by root, it gets the
/// folder's owner.
Result<MaildirSizeFile> write_maildirsize(const std::string& root, const MaildirSize& content);
/// Adds a line to the file of this identity, and gives what it says then; one that has grown too large, or whose
/// definition isn't `limit`, is written anew. Nothing was done: there is none, it is damaged, or
/// it was replaced meanwhile. Others who add (with O_APPEND) or replace it (under flock) lose nothing.
Result<std::optional<MaildirSizeFile>> add_to_maildirsize(const std::string& root, const FileIdentity& identity,
                                                          const Usage& change, const QuotaLimit& limit);
/// Removes it, so that the next who needs it counts. None: success.
Result<> remove_maildirsize(const std::string& root);

}  // namespace posthouse::storage
