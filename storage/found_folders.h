// The folders of an account's mailboxes, as they are found on disk in its layout.
#pragma once

#include <string>
#include <vector>

#include "lib/base/result.h"
#include "storage/layout.h"
#include "storage/mailbox_name.h"

namespace posthouse::storage {

/// A folder below an account's that has a mailbox's name.
struct FoundFolder {
    MailboxName name;
    bool is_mailbox = true;  ///< false: a parent only (\Noselect), without cur/ in the fs layout
};

/// All but INBOX, unsorted; no links. limit: more than 100,000 folders.
Result<std::vector<FoundFolder>> find_folders(int root, const Layout& layout);
/// The places of links that would be mailboxes if links were followed, for whoever looks for what is wrong: at most
/// 100,000.
Result<std::vector<std::string>> find_links(int root, const Layout& layout);
/// The names of all mailboxes, INBOX last, the others unsorted. Errors as find_folders() gives them.
Result<std::vector<MailboxName>> find_mailboxes(int root, const Layout& layout);
/// In the fs layout: what lies in a mailbox's folder and is the mailbox's own. Folders with other than reserved names
/// aren't, whether or not they can be mailboxes.
Result<std::vector<std::string>> own_entries(int root, const std::string& place);
/// The folders there that aren't.
Result<std::vector<std::string>> child_folders(int root, const std::string& place);

}  // namespace posthouse::storage
