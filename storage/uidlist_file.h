// The file dovecot-uidlist of a mailbox: read again only where it grew, appended to durably, rewritten whole when
// needed.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "lib/base/fd.h"
#include "lib/base/result.h"
#include "storage/folder.h"
#include "storage/uidlist.h"

namespace posthouse::storage {

/// Knows the header and how far it read, not the entries. Writing needs the lock (uidlist_lock.h) and a reload before.
class UidListFile {
  public:
    /// What a reload found.
    struct News {
        bool whole = false;                 ///< `entries` replace all that was known
        std::vector<UidListEntry> entries;  ///< ascending
    };

    /// There is a file with a usable header.
    bool exists() const { return header_.uid_validity != 0; }
    const UidListHeader& header() const { return header_; }
    /// Above every UID ever written here.
    std::uint32_t next_uid() const;
    /// The file isn't as it was read. False costs one stat.
    Result<bool> changed(const Folder& folder) const;
    /// Reads what is new. A missing file or one without a usable header: whole, no entries, !exists().
    Result<News> reload(const Folder& folder);

    /// Makes the file (or replaces one without a usable header), durably.
    Result<> create(const Folder& folder, const UidListHeader& header);
    /// Gives the mailbox its GUID (a file of version 1 has none), durably.
    Result<> give_guid(const Folder& folder, const std::string& guid);
    /// Adds entries (ascending, from next_uid()), durably.
    Result<> append(const Folder& folder, std::span<const UidListEntry> entries);
    /// Writes the file anew without those lines that `keep` refuses, durably; next_uid() stays.
    template <typename Keep>
    Result<> compact(const Folder& folder, Keep keep) {
        Result<std::vector<UidListEntry>> entries = read_entries();
        if (!entries) return fail(entries.error());
        std::erase_if(*entries, [&](const UidListEntry& entry) { return !keep(entry); });
        return rewrite(folder, *entries);
    }

  private:
    Result<std::string> read_from(std::int64_t offset) const;
    Result<std::vector<UidListEntry>> read_entries() const;
    Result<> rewrite(const Folder& folder, std::span<const UidListEntry> entries);
    Result<News> reload_whole(const Folder& folder);

    UniqueFd file_;  ///< kept open, so that its inode number can't come again
    UidListHeader header_;
    Stamp stamp_;
    std::int64_t parsed_ = 0;  ///< bytes of whole lines read
    std::uint32_t last_uid_ = 0;
    bool damaged_ = false;
};

}  // namespace posthouse::storage
