// Layout: how the names of mailboxes map to folders below an account's and to lines of `subscriptions`, and back.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "storage/mailbox_name.h"

namespace posthouse::storage {

/// Dovecot's two layouts of a Maildir tree; INBOX is the account's folder itself in both.
enum class Hierarchy {
    maildirpp,  ///< Maildir++: ".Work.Open" beside ".Work" for Work/Open; a "." can't be part of a level
    fs,         ///< LAYOUT=fs: "Work/Open", a folder in its parent's; a folder without cur/ is only a parent
};

/// How names are spelled on disk.
enum class Spelling {
    utf7,  ///< modified UTF-7 (RFC 3501 §5.1.3)
    utf8,  ///< as they are: Dovecot's flag UTF-8
};

/// Levels of a name in the fs layout, and how deep its folders are looked through.
constexpr std::size_t max_levels = 32;

/// An entry of a mailbox's folder with this name is the mailbox's own, never a child of it in the fs layout.
bool is_reserved(std::string_view entry);

/// Pure; the only place that knows how names are spelled on disk.
class Layout {
  public:
    /// Maildir++ in modified UTF-7.
    Layout() = default;
    explicit Layout(Hierarchy hierarchy, Spelling spelling = Spelling::utf7)
        : hierarchy_(hierarchy), spelling_(spelling) {}

    /// Mailboxes' folders lie in their parents'.
    bool is_nested() const { return hierarchy_ == Hierarchy::fs; }
    /// Only cur/ makes a folder this mailbox.
    bool needs_cur(const MailboxName& name) const { return is_nested() && !name.is_inbox(); }

    /// The mailbox's folder, relative to the account's: ".Work.Entw&APw-rfe", "Work/Entw&APw-rfe"; "" for INBOX.
    /// invalid: the name can't be on disk (a "." in a level of Maildir++; in the fs layout a level that it has other
    /// uses for, or "~" first, which Dovecot takes for a home folder); limit: a level, or all of Maildir++'s, takes
    /// more than 255 bytes, or there are more than max_levels.
    Result<std::string> folder(const MailboxName& name) const;
    /// The mailbox whose folder is called so. invalid: no such folder is a mailbox, e.g. because it isn't the one right
    /// spelling of its name.
    Result<MailboxName> name(std::string_view folder) const;
    /// Mailboxes may lie in this folder: it is a mailbox's or a parent's. (The fs layout's "INBOX" is a parent only.)
    bool may_lead_to_mailboxes(std::string_view folder) const;

    /// The name's line in `subscriptions`, version 2: tabs between its levels. Errors as folder() gives them, but that
    /// a level may hold a ".".
    Result<std::string> subscription(const MailboxName& name) const;
    /// The name that such a line tells. invalid: none.
    Result<MailboxName> subscribed(std::string_view line) const;
    /// Between the levels of names in the older version of `subscriptions`.
    char old_separator() const { return separator(); }

  private:
    char separator() const { return is_nested() ? '/' : '.'; }
    /// Whether a "." may be in a level of Maildir++.
    enum class Dots { refused, allowed };
    Result<std::vector<std::string>> levels(const MailboxName& name, Dots dots) const;
    Result<MailboxName> from_levels(const std::vector<std::string_view>& levels) const;

    Hierarchy hierarchy_ = Hierarchy::maildirpp;
    Spelling spelling_ = Spelling::utf7;
};

}  // namespace posthouse::storage
