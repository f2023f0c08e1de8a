// What the index keeps, as values: a mailbox, a message, and how they lie in LMDB's tables.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

#include "storage/flags.h"
#include "storage/folder.h"
#include "storage/further_keyword_file.h"
#include "storage/summary.h"
#include "storage/uidlist_file.h"

namespace posthouse::storage {

/// Which folder: a mailbox keeps its row over renames, and a copied or restored folder gets another.
struct FolderKey {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    auto operator<=>(const FolderKey&) const = default;
};

/// How a folder was when it was read.
struct Look {
    Stamp stamp;
    std::int64_t at_ns = 0;    ///< wall clock at the reading; 0: never read
    std::int64_t cost_ns = 0;  ///< how long the reading took
    bool operator==(const Look&) const = default;
};

/// One mailbox: its counts, and how far the files were taken in.
struct MailboxRow {
    std::uint32_t number = 0;  ///< its key in the other tables, never used twice; 0: not in the index yet
    std::uint32_t messages = 0;
    std::uint32_t unseen = 0;
    std::uint32_t deleted = 0;
    std::uint32_t fresh = 0;          ///< in new/: not claimed yet
    std::uint32_t first_fresh = 0;    ///< no message below this UID is in new/; says nothing when none is
    std::uint32_t settled_uid = 0;    ///< lines up to here are known to have a file or none
    std::uint32_t absent = 0;         ///< lines of dovecot-uidlist without a file
    std::uint32_t tombstones = 0;     ///< expunged messages that the change log still tells
    std::uint32_t with_further = 0;   ///< messages with further keywords
    std::uint32_t strays = 0;         ///< further keywords of messages that aren't there
    std::uint64_t further_names = 0;  ///< FurtherNames::fingerprint
    std::uint64_t bytes = 0;          ///< of all messages' files
    std::uint64_t modseq = 0;         ///< HIGHESTMODSEQ (RFC 7162 §3.1.2.1)
    std::uint64_t floor = 0;          ///< changes at or below it are not known one by one
    Look cur;
    Look fresh_look;
    UidListPosition list;
    FurtherPosition further;
    bool operator==(const MailboxRow&) const = default;
};
// Stored as it lies in memory: whoever changes a member, also one that fits into padding, raises index_version.
static_assert(std::is_trivially_copyable_v<MailboxRow>);

/// Where a message's file lies.
enum class Place : std::uint8_t { none, cur, fresh };

/// A message's part that changes, 16 bytes: 64 of them lie side by side, so that all flags of a mailbox are a short
/// read.
struct FlagRow {
    std::uint64_t modseq = 0;
    std::uint32_t keywords = 0;  ///< letters of the file's name
    std::uint8_t system = 0;     ///< SystemFlags::bits
    Place place = Place::none;
    std::uint8_t has_suffix = 0;  ///< the name's end isn't what name_with_flags makes: it stands in the FileRow
    std::uint8_t further = 0;     ///< 1: it has further keywords, in a table of their own
    bool operator==(const FlagRow&) const = default;
};
static_assert(sizeof(FlagRow) == 16);
constexpr std::uint32_t flags_per_chunk = 64;
using FlagChunk = std::array<FlagRow, flags_per_chunk>;

/// A message's part that stays: its file, sizes and dates.
struct FileRow {
    static constexpr std::int64_t unknown = -1;
    std::int64_t internal_date = unknown;  ///< seconds since 1970
    std::int64_t save_date = unknown;
    std::int64_t physical_size = unknown;
    std::int64_t wire_size = unknown;
    std::string base;    ///< the file's base name
    std::string suffix;  ///< what follows it, where FlagRow::has_suffix
    std::string extras;  ///< fields of its line in dovecot-uidlist
    bool operator==(const FileRow&) const = default;
};
std::string encode(const FileRow& row);
/// False: the bytes are damaged.
bool decode(std::string_view bytes, FileRow& row);

/// Which UIDs a mailbox has given, by its GUID: kept when its folder is another one, or gone, for a folder or a
/// dovecot-uidlist out of a backup may not give them again.
struct GivenUids {
    std::uint32_t uid_validity = 0;
    std::uint32_t next_uid = 1;
    bool operator==(const GivenUids&) const = default;
};
static_assert(std::is_trivially_copyable_v<GivenUids>);

/// A line of dovecot-uidlist whose file isn't there.
struct AbsentLine {
    std::uint32_t uid = 0;
    std::string extras;
};

/// A message as the engine works on it.
struct Record {
    std::uint32_t uid = 0;
    FlagRow flags;
    FileRow file;
    FurtherSet further = {};

    bool exists() const { return flags.place != Place::none; }
    bool fresh() const { return flags.place == Place::fresh; }
    SystemFlags system() const { return SystemFlags::from_bits(flags.system); }
    /// The file's name in new/ or cur/.
    std::string name() const;
    /// Takes flags and suffix from a file's name, whose base name is this message's.
    void set_name(std::string_view file_name, bool is_fresh);
    /// What copies of the message keep: G of its line, else the base name.
    std::string guid() const;
};

}  // namespace posthouse::storage
