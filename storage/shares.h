// Which accounts share mailboxes with whom: a registry beside the mail, so that nobody has to look through all
// accounts.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "storage/access_list.h"
#include "storage/store.h"

namespace posthouse::storage {

/// mail_root/SHARES (FORMAT.md): an empty file per user (or "anyone") and account. It only tells where to look: what a
/// user may do is said by access control lists alone, so that one too many costs a look, and one that is missing hides
/// mailboxes in LIST until the registry is made anew. Identifiers of groups aren't in it. No state, no lock: each
/// account's entries are changed under the lock of its folder.
class Shares {
  public:
    explicit Shares(std::string_view mail_root);

    /// Most accounts that a user is shown.
    static constexpr std::size_t max_owners = 10'000;

    /// The owner's lists give rights to this identifier. Durable.
    Result<> add(const AccountName& owner, const Identifier& who) const;
    /// They don't any more.
    Result<> remove(const AccountName& owner, const Identifier& who) const;
    /// The accounts that may share something with a user, by domain and local part; without the user's own. Costs in
    /// proportion to what it gives.
    Result<std::vector<AccountName>> with(const AccountName& user) const;
    /// An account has another name now, as owner of what it shares. Costs in proportion to the registry.
    Result<> owner_renamed(const AccountName& from, const AccountName& to) const;
    /// The same for all accounts of a domain.
    Result<> domain_renamed(const std::string& from, const std::string& to) const;

  private:
    /// The folder of the accounts that share with this identifier; empty: it is none that is kept.
    std::string folder_of(const Identifier& who) const;
    /// All such folders.
    Result<std::vector<std::string>> folders() const;

    std::string root_;
};

}  // namespace posthouse::storage
