// The items of STATUS by name (RFC 3501 §6.3.10): one table for reading and printing.
#pragma once

#include <array>
#include <string_view>

#include "lib/imap/commands.h"

namespace posthouse::imap {

struct StatusItemName {
    std::string_view name;
    StatusItems item;
};
inline constexpr std::array<StatusItemName, 11> kStatusItemNames{{{"MESSAGES", kStatusMessages},
                                                                  {"RECENT", kStatusRecent},
                                                                  {"UIDNEXT", kStatusUidNext},
                                                                  {"UIDVALIDITY", kStatusUidValidity},
                                                                  {"UNSEEN", kStatusUnseen},
                                                                  {"HIGHESTMODSEQ", kStatusHighestModSeq},
                                                                  {"SIZE", kStatusSize},
                                                                  {"DELETED", kStatusDeleted},
                                                                  {"DELETED-STORAGE", kStatusDeletedStorage},
                                                                  {"MAILBOXID", kStatusMailboxId},
                                                                  {"APPENDLIMIT", kStatusAppendLimit}}};

/// The item named so (in upper case), 0 for none.
constexpr StatusItems status_item(std::string_view name) {
    for (const StatusItemName& known : kStatusItemNames) {
        if (known.name == name) return known.item;
    }
    return 0;
}

}  // namespace posthouse::imap
