// Place: the mailbox that a command names: whose it is, and what the session's user may do with it (RFC 4314 §4).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/net/async.h"
#include "storage/account.h"
#include "storage/account_quota.h"

namespace posthouse::imapd {

class Session;

/// A mailbox of the user's own, or one of another account that its list lets the user see.
struct Place {
    std::shared_ptr<storage::Account> account;
    storage::MailboxName name;   ///< in the account
    storage::MailboxName shown;  ///< as the client calls it
    storage::Rights rights = storage::Rights::all();
    bool is_foreign = false;  ///< of another account
    std::string viewer = {};  ///< the user, where they have a \Seen flag of their own; else empty

    /// The flags that the user may give messages there.
    storage::FlagScope may_change() const { return storage::changeable_flags(rights); }
    /// The same without a \Seen that isn't in the message itself.
    storage::FlagScope stored_flags() const;
};

/// Gives copies and new messages the \Seen that only their reader has. Blocks.
Result<> mark_seen(const Place& place, storage::Mailbox& mailbox, const storage::UidSet& uids);

/// The mailbox with this name; the user's own needn't be there. invalid, limit: not a name; not_found: nobody else has
/// such a mailbox, or the user has no right to see it (RFC 4314 §6). Deviates from the table of RFC 4314 §4, by which
/// SELECT needs only `r` and APPEND only `i`: because a mailbox that LIST hides is to be hidden from every command,
/// each needs `l` as well.
net::Async<Result<Place>> find_place(Session& session, std::string_view wire);
/// And the user has the right `needed` on it; else denied.
net::Async<Result<Place>> find_place(Session& session, std::string_view wire, storage::Right needed);
/// Where a mailbox is to be made: denied, unless it is the user's own or the nearest mailbox above it gives the right
/// to create (RFC 4314 §4). One that the user may not see gives none, and is not climbed past.
net::Async<Result<Place>> find_new_place(Session& session, std::string_view wire);

/// The same for a name that has been read already. Blocks.
Result<Place> place_of(const Session& session, const storage::MailboxName& shown);
/// The user's own mailboxes as they are listed, and those of others on which the user has the rights `needed`, by
/// default those that they may see, as the client calls them; sorted by name, INBOX first. Blocks.
Result<std::vector<storage::ListedMailbox>> list_all(const Session& session,
                                                     storage::Rights needed = {storage::Right::lookup});
/// Only the user's own. Blocks.
Result<std::vector<storage::ListedMailbox>> list_own(const Session& session);

/// What the place's account may store: it counts there whoever stores it. unavailable: authd can't tell.
net::Async<Result<storage::AccountQuota>> quota_of(Session& session, const Place& place);
/// The same for what only takes away: without an effect where it isn't known.
net::Async<storage::AccountQuota> quota_for_removal(Session& session, const Place& place);

}  // namespace posthouse::imapd
