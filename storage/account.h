// Account: one user's mailboxes: list, create, delete, rename, subscribe, open. Thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/fd.h"
#include "lib/base/result.h"
#include "storage/access_list.h"
#include "storage/account_change.h"
#include "storage/annotations.h"
#include "storage/folder_moves.h"
#include "storage/found_folders.h"
#include "storage/mailbox_name.h"
#include "storage/status.h"
#include "storage/store.h"

namespace posthouse::storage {

class Mailbox;
class MailboxState;

/// One name of LIST and LSUB.
struct ListedMailbox {
    MailboxName name;
    bool exists = false;        ///< false: \NonExistent; only a parent, or subscribed and gone
    bool is_parent = false;     ///< a folder of the fs layout for others to lie in, also when none does
    bool has_children = false;  ///< \HasChildren, else \HasNoChildren: an existing mailbox lies below
    bool subscribed = false;
    std::string special_use;  ///< e.g. "\Sent"; empty: none
};

/// What CREATE may be told beside the name.
struct CreateOptions {
    std::string special_use = {};  ///< see Account::set_special_use
};

/// A user's tree. A name that the layout can't have on disk is refused by whatever would touch the disk: invalid,
/// limit. Every answer of a call that changes something is durable (STATES.md).
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
    /// CREATE (RFC 9051 §6.3.4). exists: already there. Parents don't become mailboxes: they show as \NonExistent. The
    /// access control list of the nearest parent that is a mailbox is copied (RFC 4314 §4).
    Result<> create(const MailboxName& name, const CreateOptions& options = {});
    /// DELETE with all its messages (RFC 9051 §6.3.5); children stay. A folder of the fs layout that was only their
    /// parent can be deleted when they are gone. denied: INBOX; not_found.
    Result<> remove(const MailboxName& name);
    /// RENAME with all children (RFC 9051 §6.3.6). INBOX: its messages move to the new name, INBOX stays and is empty.
    /// not_found; exists: the new name, or a child's, is taken; invalid: the new name is below the old one. Names of
    /// subscriptions don't follow (RFC 9051 §6.3.7); access control lists, annotations and special uses do, but INBOX
    /// keeps its own.
    Result<> rename(const MailboxName& from, const MailboxName& to);
    /// SUBSCRIBE; a name without a mailbox may be subscribed (RFC 9051 §6.3.7). Already subscribed: success.
    Result<> subscribe(const MailboxName& name);
    /// UNSUBSCRIBE. Not subscribed: success.
    Result<> unsubscribe(const MailboxName& name);

    /// GETACL (RFC 4314 §3.3). not_found: no such mailbox.
    Result<AccessList> acl(const MailboxName& name) const;
    /// SETACL and DELETEACL (RFC 4314 §3.1, §3.2) of one identifier, or of its negative rights. not_found; limit: too
    /// many entries; busy: another process changes the list.
    Result<> set_acl(const MailboxName& name, const Identifier& who, bool negative, const AccessChange& change);
    /// What the owner of a mailbox may do, whatever the list says (RFC 4314 §3.4: rights that are always granted): all,
    /// for sessions of the owner don't ask the list.
    static constexpr Rights kept_by_owner = Rights::all();
    /// MYRIGHTS (RFC 4314 §3.5) of whoever it is; the account's own user is the owner. not_found.
    Result<Rights> effective_rights(const MailboxName& name, const Viewer& viewer) const;
    /// The mailboxes on which another user has all of these rights, by default those that they may see; in no order.
    Result<std::vector<MailboxName>> visible_to(const Viewer& viewer, Rights needed = {Right::lookup}) const;
    /// Has the registry of shares (shares.h) tell of all that this account's lists give: after another program wrote
    /// them, or when the registry was lost.
    Result<> note_shares() const;

    /// The annotations of a mailbox or, without a name, of the account as a whole (RFC 5464 §4.2). not_found.
    Result<Annotations> annotations(const std::optional<MailboxName>& name) const;
    /// SETMETADATA of one entry (RFC 5464 §4.3); no value: NIL, the entry is removed. Errors as Annotations::set gives
    /// them; limit, too: the account has no room for more (annotation_room.h); and for the owner's /private/specialuse
    /// those of set_special_use. not_found.
    Result<> set_annotation(const std::optional<MailboxName>& name, const EntryName& entry, const AnnotationUser& user,
                            std::optional<std::string> value);
    /// The mailbox's special use (special_use.h), also instead of the one that its name stands for; empty: none.
    /// exists: another mailbox was given it; unsupported, invalid; not_found.
    Result<> set_special_use(const MailboxName& name, std::string_view special_use);

    /// Opens a mailbox; all who have it open in this process share its memory. not_found.
    Result<std::shared_ptr<Mailbox>> open(const MailboxName& name) const;
    /// The same to add messages: nobody looks into the folders for it.
    Result<std::shared_ptr<Mailbox>> open_to_add(const MailboxName& name) const;
    /// STATUS of a mailbox (RFC 9051 §6.3.11), whether or not it is open. not_found.
    Result<Status> status(const MailboxName& name) const;

    /// What happened in the account since a modseq that an earlier call gave (ModSeq(): none), whoever did it: what
    /// other programs did is found here. Brings every mailbox that changed up to date and numbers what is new. Costs
    /// two stats for each mailbox, and what changed. The last Settings::remembered_changes names are remembered.
    Result<AccountChanges> changes_since(ModSeq since) const;

  private:
    /// Calls visit with the list of each mailbox.
    Result<> each_access_list(int root, const std::function<void(const MailboxName&, const AccessList&)>& visit) const;
    /// Some mailbox's list gives rights to the identifier. With the account's lock held.
    Result<bool> shares_with(int root, const Identifier& who) const;
    /// What was done to the tree, with its lock held, goes into its log; an error of that is none of the command's.
    Result<> noted(Result<> changed, int root) const;
    const Layout& layout() const;
    /// The moves of a RENAME; `folders` are all there are. Errors as rename() gives them.
    Result<FolderMoves> moves_of_rename(const std::vector<FoundFolder>& folders, const MailboxName& from,
                                        const MailboxName& to) const;
    /// DELETE of what is only a parent, in the fs layout; not_found while folders or messages lie in it.
    Result<> remove_parent(int root, const std::string& place) const;
    Result<std::shared_ptr<MailboxState>> state(const MailboxName& name) const;
    template <typename Call>
    auto with_state(const MailboxName& name, Call call) const
        -> decltype(call(std::declval<const std::shared_ptr<MailboxState>&>()));
    /// The mailbox's folder, open; not_found.
    Result<UniqueFd> open_folder(const MailboxName& name) const;
    /// What a mailbox's name stands for among the default folders; empty: nothing.
    std::string usual_special_use(const MailboxName& name) const;
    /// What the mailbox was given; one that isn't there has none.
    Result<std::optional<std::string>> kept_special_use(int root, const MailboxName& name) const;
    Result<> show_special_uses(int root, std::vector<ListedMailbox>& mailboxes) const;
    /// exists: another mailbox was given this use.
    Result<> is_free(int root, const std::string& special_use, const MailboxName& but_for) const;
    /// A mailbox that has its use from its name, and is about to lose this name, is given it.
    Result<> keep_special_use(int root, const MailboxName& from, const MailboxName& to) const;
    /// limit: no room in the account for a file of its mailboxes' annotations of so many octets.
    Result<> check_annotations(std::uint64_t size, const AnnotationUser& user) const;
    Result<> change_annotation(int folder, const char* file_name, const EntryName& entry, const AnnotationUser& user,
                               std::optional<std::string> value) const;

    std::shared_ptr<StoreState> store_;
    AccountName name_;
    std::string root_;
};

}  // namespace posthouse::storage
