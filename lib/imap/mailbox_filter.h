// Which mailboxes a command is about, in NOTIFY (RFC 5465 §6) and in ESEARCH (RFC 7377 §2.2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "lib/imap/arguments.h"

namespace posthouse::imap {

/// Names of mailboxes in one filter, and filters in one command.
inline constexpr std::size_t kMaxFilteredNames = 1000;
inline constexpr std::size_t kMaxFilters = 64;

/// filter-mailboxes (RFC 5465 §8).
struct MailboxFilter {
    enum class Kind : std::uint8_t {
        selected,
        selected_delayed,
        inboxes,
        personal,
        subscribed,
        subtree,      ///< the mailboxes named, and all below them
        subtree_one,  ///< the mailboxes named, and those one level below them (RFC 7377 §2.2)
        mailboxes,    ///< those named
    };
    Kind kind = Kind::selected;
    std::vector<std::string> names;  ///< of the last three, as sent

    /// It is the mailbox that the session has selected.
    bool is_selected() const { return kind == Kind::selected || kind == Kind::selected_delayed; }
};

/// Reads one filter.
MailboxFilter read_mailbox_filter(Arguments& arguments);

}  // namespace posthouse::imap
