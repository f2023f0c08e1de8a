// The namespaces in which other people's mailboxes appear (RFC 2342 §5): which accounts a name in them may mean.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/config/config.h"
#include "storage/mailbox_name.h"
#include "storage/store.h"

namespace posthouse::storage {

/// "Other Users/<user>@<domain>/<mailbox>".
constexpr std::string_view other_users_root = "Other Users";
/// "Shared/<mailbox>", of the accounts that belong to everybody.
constexpr std::string_view shared_root = "Shared";

/// Those that there are: where there is none, its name is one like any other.
struct Namespaces {
    bool other_users = false;
    bool shared = false;
};
Namespaces namespaces_of(const config::Config::Imapd& config);
/// The name is one of the namespaces' roots, or below it.
bool is_in_namespace(const MailboxName& name, Namespaces namespaces);

/// A mailbox of some account.
struct ForeignName {
    AccountName account;
    MailboxName mailbox;
};
/// What a name in one of the namespaces may mean to `user`: the first that is there and may be seen counts. Names of
/// the user's own mailboxes aren't in it. `shared`: addresses of the accounts that belong to everybody.
std::vector<ForeignName> meanings_of(const MailboxName& name, std::string_view user,
                                     std::span<const std::string> shared);

/// The account is one of these, whose mailboxes belong to everybody.
bool is_shared(const AccountName& account, std::span<const std::string> shared);

/// What mailboxes of an account are called in a namespace: "Other Users/joe@example.org/", or "Shared/".
std::string prefix_of_user(const AccountName& owner);
std::string prefix_of_shared();

}  // namespace posthouse::storage
