// What a check finds in a user's mail, as a value.
#pragma once

#include <string>
#include <string_view>

namespace posthouse::storage {

/// What can be wrong.
enum class FindingKind {
    missing_folder,      ///< new/, cur/ or tmp/ isn't there, or isn't a folder
    foreign_entry,       ///< in new/ or cur/: no file but a folder, a link, a FIFO, a socket, a device
    hidden_message,      ///< its file's name can't be a message's, so nobody sees it
    double_name,         ///< several files with one base name
    wrong_size,          ///< the file's name or line tells another size than it has
    unreadable,          ///< the message can't be read
    damaged_list,        ///< dovecot-uidlist
    damaged_keywords,    ///< dovecot-keywords
    damaged_small_file,  ///< subscriptions, or another small file that is none
    nameless_keyword,    ///< file names carry a letter that dovecot-keywords has no name for
    missing_mailbox,     ///< it is subscribed and doesn't exist
    double_guid,         ///< two mailboxes of one account say that they are the same: a copied tree
    link_not_followed,   ///< a symbolic link lies where a mailbox's folder would
    stale_lock,          ///< whoever held it is gone
    held_lock,           ///< somebody holds it for longer than sessions wait
    missing_files,       ///< messages that were known have no file any more
    not_served,          ///< a Maildir that no mailbox's name leads to
    no_access,           ///< its owner or mode keeps the server out
    leftover,            ///< of a process that died
    index_unusable,      ///< it is made anew when it is needed
    index_differs,       ///< it says something else than the files
    no_user,             ///< the account's address is no user's
    unusable,            ///< sessions can't open it, for a reason that isn't among these
};
/// The kind's name as JSON shows it, e.g. "wrong_size".
std::string_view to_string(FindingKind kind);
/// Whether a repair can do something about such a finding; otherwise only an administrator can.
bool can_be_mended(FindingKind kind);

/// One thing found, and what was done about it.
struct Finding {
    std::string mailbox;  ///< its name; empty: it concerns the account
    FindingKind kind{};
    std::string subject;  ///< a path below the account's folder, or "UID 17"
    std::string found;
    std::string done;  ///< empty: nothing was tried
    bool is_mended = false;
    bool is_note = false;  ///< worth knowing, but nothing has to be done about it
};

}  // namespace posthouse::storage
