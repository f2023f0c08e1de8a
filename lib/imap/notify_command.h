// NOTIFY: of which events in which mailboxes a client wants to hear (RFC 5465).
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "lib/imap/arguments.h"
#include "lib/imap/fetch_command.h"
#include "lib/imap/mailbox_filter.h"

namespace posthouse::imap {

/// Events (RFC 5465 §5), as bits.
enum NotifyEvent : std::uint8_t {
    kMessageNew = 1,
    kMessageExpunge = 2,
    kFlagChange = 4,
    kMailboxName = 8,
    kSubscriptionChange = 16,
    kMailboxMetadataChange = 32,
    kServerMetadataChange = 64,
    kAnnotationChange = 128,
};
using NotifyEvents = std::uint8_t;
inline constexpr NotifyEvents kMessageEvents = kMessageNew | kMessageExpunge | kFlagChange | kAnnotationChange;

/// event-group (RFC 5465 §8).
struct NotifyGroup {
    MailboxFilter filter;
    NotifyEvents events = 0;       ///< 0: NONE
    std::vector<FetchItem> items;  ///< of MessageNew: told of each new message
};

/// NOTIFY SET and NOTIFY NONE (RFC 5465 §8).
struct Notify {
    bool status = false;              ///< SET STATUS: how it stands now is told first
    std::vector<NotifyGroup> groups;  ///< none: NOTIFY NONE
};

/// An event that isn't supported is `unsupported`, with a text that begins with [BADEVENT (…)] (RFC 5465 §5).
void read(Arguments& arguments, Notify& command);

}  // namespace posthouse::imap
