// Account: one user's mailboxes: list, create, delete, rename, subscribe, open. Thread-safe.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "storage/mailbox_name.h"
#include "storage/status.h"
#include "storage/store.h"

namespace posthouse::storage {

class Mailbox;
class MailboxState;

/// One name of LIST and LSUB.
struct ListedMailbox {
    MailboxName name;
    bool exists = false;        ///< false: \NonExistent; only a parent of others, or subscribed and gone
    bool has_children = false;  ///< \HasChildren, else \HasNoChildren: an existing mailbox lies below
    bool subscribed = false;
    std::string special_use;  ///< e.g. "\Sent"; empty: none
};

/// A user's tree. A name that the layout can't have on disk is refused by whatever would touch the disk: invalid,
/// limit. Every answer of create, remove, rename, subscribe and unsubscribe is durable (STATES.md).
class Account {
  public:
    Account(std::shared_ptr<StoreState> store, AccountName name, std::string root);

    const AccountName& name() const { return name_; }
    /// For storage's own parts.
    const std::shared_ptr<StoreState>& store() const { return store_; }
    /// Its folder, which is also INBOX's Maildir.
    const std::string& root() const { return root_; }

    /// Every mailbox, every missing parent of one, and every subscribed name; sorted by name, INBOX first.
    Result<std::vector<ListedMailbox>> list() const;
    /// The mailbox can be selected.
    Result<bool> exists(const MailboxName& name) const;
    /// CREATE (RFC 9051 §6.3.4). exists: already there. Parents aren't made: they show as \NonExistent.
    Result<> create(const MailboxName& name);
    /// DELETE with all its messages (RFC 9051 §6.3.5); children stay. denied: INBOX; not_found.
    Result<> remove(const MailboxName& name);
    /// RENAME with all children (RFC 9051 §6.3.6). INBOX: its messages move to the new name, INBOX stays and is empty.
    /// not_found; exists: the new name, or a child's, is taken; invalid: the new name is below the old one. Names of
    /// subscriptions don't follow (RFC 9051 §6.3.7).
    Result<> rename(const MailboxName& from, const MailboxName& to);
    /// SUBSCRIBE; a name without a mailbox may be subscribed (RFC 9051 §6.3.7). Already subscribed: success.
    Result<> subscribe(const MailboxName& name);
    /// UNSUBSCRIBE. Not subscribed: success.
    Result<> unsubscribe(const MailboxName& name);

    /// Opens a mailbox; all who have it open in this process share its memory. not_found.
    Result<std::shared_ptr<Mailbox>> open(const MailboxName& name) const;
    /// STATUS of a mailbox (RFC 9051 §6.3.11), whether or not it is open. not_found.
    Result<Status> status(const MailboxName& name) const;

  private:
    const Layout& layout() const;
    Result<std::shared_ptr<MailboxState>> state(const MailboxName& name) const;

    std::shared_ptr<StoreState> store_;
    AccountName name_;
    std::string root_;
};

}  // namespace posthouse::storage
