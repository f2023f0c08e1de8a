// The file dovecot-uidlist of a mailbox: read again only where it grew, appended to durably, rewritten whole when
// needed.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lib/base/fd.h"
#include "lib/base/result.h"
#include "storage/folder.h"
#include "storage/refile.h"
#include "storage/types.h"
#include "storage/uidlist.h"
#include "storage/uidlist_reader.h"

namespace posthouse::storage {

/// dovecot-uidlist and posthouse-keywords are rewritten when one holds that many lines of messages that are gone, and a
/// quarter of what is there.
constexpr std::size_t min_dead_lines = 100;

/// How far a dovecot-uidlist was read: kept in the index, so that another process goes on from there.
struct UidListPosition {
    Stamp stamp;
    std::int64_t parsed = 0;  ///< bytes of whole lines read
    std::uint32_t last_uid = 0;
    std::uint32_t uid_validity = 0;  ///< 0: no file with a usable header
    std::uint32_t next_uid = 1;      ///< the header's
    std::array<char, 32> guid{};     ///< zeros: none
    bool version1 = false;
    bool damaged = false;  ///< lines were left out
    bool operator==(const UidListPosition&) const = default;
};
/// UIDNEXT as the file tells it: above every UID that was written there.
std::uint32_t next_uid_of(const UidListPosition& position);
/// The mailbox's GUID, 32 hexadecimal digits; empty: the file has none.
std::string guid_of(const UidListPosition& position);

/// Knows the header and how far it read, not the entries. Writing needs the lock (dot_lock.h) and a reload before.
class UidListFile {
  public:
    /// What a reload found.
    struct News {
        bool whole = false;                 ///< `entries` replace all that was known
        std::vector<UidListEntry> entries;  ///< ascending
    };

    /// There is a file with a usable header.
    bool exists() const { return at_.uid_validity != 0; }
    std::uint32_t uid_validity() const { return at_.uid_validity; }
    std::string guid() const { return guid_of(at_); }
    const UidListPosition& position() const { return at_; }
    /// Goes on from where another process was.
    void resume(const UidListPosition& position);
    std::uint32_t next_uid() const { return next_uid_of(at_); }
    /// The file isn't as it was read. False costs one stat.
    Result<bool> changed(const Folder& folder) const;
    /// Reads what is new. A missing file or one without a usable header: whole, no entries, !exists().
    Result<News> reload(const Folder& folder);

    /// Makes the file (or replaces one without a usable header), durably, with these entries (ascending).
    Result<> create(const Folder& folder, const UidListHeader& header, std::vector<UidListEntry> entries = {});
    /// Gives the mailbox its GUID (a file of version 1 has none), durably.
    Result<> give_guid(const Folder& folder, const std::string& guid);
    /// Adds entries (ascending, from next_uid()), durably.
    Result<> append(const Folder& folder, std::span<const UidListEntry> entries);
    /// No UID below this one is given any more: the header says so, durably.
    Result<> raise_next_uid(const Folder& folder, std::uint32_t next_uid);
    /// Writes the file anew without those lines that `keep` refuses, durably; next_uid() stays.
    template <typename Keep>
    Result<> compact(const Folder& folder, Keep keep) {
        Result<Content> content = read_content(folder);
        if (!content) return fail(content.error());
        std::erase_if(content->entries, [&](const UidListEntry& entry) { return !keep(entry); });
        return rewrite(folder, *content);
    }

    /// Writes the file anew, durably, with those lines that `keep` wants, numbered from 1 on, under another
    /// UIDVALIDITY; gives them.
    template <typename Keep>
    Result<std::vector<UidListEntry>> begin_anew(const Folder& folder, UidValidity validity, const std::string& guid,
                                                 Keep keep) {
        Result<Content> content = read_content(folder);
        if (!content) return fail(content.error());
        std::erase_if(content->entries, [&](const UidListEntry& entry) { return !keep(entry); });
        if (Result<> renewed = renew(folder, validity, guid, *content); !renewed) return fail(renewed.error());
        return std::move(content->entries);
    }

    /// Writes the file anew, durably, with other base names in the lines of messages that have these. They keep UID and
    /// GUID; sizes that only their lines told are left to the names.
    Result<> change_bases(const Folder& folder, const BaseChanges& changes);

  private:
    struct Content {
        UidListHeader header;
        std::vector<UidListEntry> entries;
    };

    Result<> open(const Folder& folder);
    void take(const UidListHeader& header);
    bool has_same_header() const;
    Result<Content> read_content(const Folder& folder);
    Result<> rewrite(const Folder& folder, Content& content);
    Result<> renew(const Folder& folder, UidValidity validity, const std::string& guid, Content& content);
    Result<News> reload_whole(const Folder& folder);

    UniqueFd file_;  ///< open once it was read or written here
    UidListPosition at_;
};

}  // namespace posthouse::storage
