// Layout: how the names of mailboxes map to folders below an account's and to lines of `subscriptions`, and back.
#pragma once

#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "storage/mailbox_name.h"

namespace posthouse::storage {

/// Dovecot's Maildir++: ".Work.Open" for Work/Open, in modified UTF-7. Pure; the only place that knows the spelling.
class Layout {
  public:
    /// The mailbox's folder, relative to the account's: ".Work.Entw&APw-rfe"; "" for INBOX. invalid: the name can't be
    /// on disk (a "." in a level); limit: longer than a file's name may be (255 bytes).
    Result<std::string> folder(const MailboxName& name) const;
    /// The mailbox whose folder is called so. invalid: no such folder is a mailbox, e.g. because it isn't the one right
    /// spelling of its name.
    Result<MailboxName> name(std::string_view folder) const;
    /// The folder's path below that of the account; errors as folder() gives them.
    Result<std::string> path(const std::string& account_root, const MailboxName& name) const;

    /// The name's line in `subscriptions`, version 2: tabs between its levels.
    Result<std::string> subscription(const MailboxName& name) const;
    /// The name that such a line tells. invalid: none.
    Result<MailboxName> subscribed(std::string_view line) const;
    /// Between the levels of names in the older version of `subscriptions`.
    char old_separator() const { return '.'; }
};

}  // namespace posthouse::storage
