// Address resolution: from an address to every mailbox and foreign address that its mail goes to.
#pragma once

#include <string>
#include <string_view>

#include "auth/client/resolution.h"
#include "auth/directory/address.h"
#include "auth/directory/directory.h"

namespace posthouse::auth {

struct ResolveSettings {
    char delimiter = '+';  ///< between user and detail: joe+tag@example.org
    LocalPart local_part = LocalPart::ignore_case;
    /// Gets mail for postmaster@ and abuse@ where nobody has that name; empty: responsible_user.
    std::string postmaster;
};

/// How deep aliases may lead to aliases.
inline constexpr int max_alias_depth = 10;
/// How many recipients one address may have, and how many addresses are looked up on the way.
inline constexpr std::size_t max_alias_targets = 1000;

/// Resolves `address`, all look-ups in one transaction. For an address of a local domain the first of these that
/// there is:
///   1. aliases of the very address, each resolved in turn. One that leads back to an address which is also a user
///      means that user's mailbox: this is how a forward keeps a copy. Members of a list are such aliases.
///   2. the user of that address; a list without members, which takes no mail;
///   3. both again without the detail (`joe+tag@` becomes `joe@`), which is kept for the mailbox;
///   4. if the domain is another name of a domain, the same address there;
///   5. aliases of `@domain`; one to `@other.example` keeps the local part;
///   6. for postmaster@ and abuse@ (RFC 5321 §4.5.1, RFC 2142 §4): settings.postmaster, or Lookups::responsible_user.
/// Alias targets that don't exist are left out as long as another one does. An address of another domain is remote.
/// Errors: invalid (no address); not_found; denied (an alias loop, named; too deep; too many targets); unavailable.
Result<Resolution> resolve(Lookups& directory, std::string_view address, const ResolveSettings& settings);

}  // namespace posthouse::auth
