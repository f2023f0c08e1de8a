// Address resolution: from an address to every mailbox and foreign address that its mail goes to.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/client/resolution.h"
#include "auth/directory/address.h"
#include "auth/directory/directory.h"
#include "lib/config/config.h"

namespace posthouse::auth {

struct ResolveSettings {
    char delimiter = '+';  ///< between user and detail: joe+tag@example.org
    LocalPart local_part = LocalPart::ignore_case;
    /// Gets mail for postmaster@ and abuse@ where nobody has that name; empty: responsible_user.
    std::string postmaster;
};

/// Of section [directory].
ResolveSettings resolve_settings(const config::Config& config);

/// How deep aliases may lead to aliases.
inline constexpr int max_alias_depth = 10;
/// How many recipients one address may have, and how many addresses are looked up on the way.
inline constexpr std::size_t max_alias_targets = 1000;

/// One thing that resolve() found, in the order of finding.
struct ResolveStep {
    enum class Rule {
        domain,        ///< whether the domain of `address` is ours
        alias,         ///< aliases of `address`, or of a whole @domain
        user,          ///< the user of that address
        list,          ///< a list: who may post (`leads_to`); `found`: it has members
        owner,         ///< `address` is that of a list's owner: `leads_to` him
        relay,         ///< the domain of `address` is one that is relayed for; `found`: mail for the address is taken
        detail,        ///< what follows the delimiter is cut off: `leads_to` the rest
        domain_alias,  ///< the domain is another name of one: `leads_to` the same address there
        postmaster,    ///< who gets postmaster's and abuse's mail where nobody has that name
        ignored,       ///< an alias leads to what is no address: `leads_to` that
        again,         ///< what `address` leads to has been found before
        loop,          ///< `address` led to itself
        remote,        ///< a recipient on another server
        local,         ///< a recipient here
    };
    Rule rule;
    std::size_t depth;    ///< how many aliases led here
    std::string address;  ///< address, or @domain, that was looked at
    bool found = false;
    std::vector<std::string> leads_to;
    bool operator==(const ResolveStep&) const = default;
};
/// Is told what resolve() does.
using ResolveListener = std::function<void(const ResolveStep&)>;

/// Resolves `address`, all look-ups in one transaction. For an address of a local domain the first of these that
/// there is:
///   1. aliases of the very address, each resolved in turn. One that leads back to an address which is also a user
///      means that user's mailbox: this is how a forward keeps a copy. Members of a list are such aliases.
///   2. the user of that address; a list without members, which takes no mail; of `<list>-owner` the list's owner;
///   3. both again without the detail (`joe+tag@` becomes `joe@`), which is kept for the mailbox;
///   4. if the domain is another name of a domain, the same address there;
///   5. aliases of `@domain`; one to `@other.example` keeps the local part;
///   6. for postmaster@ and abuse@ (RFC 5321 §4.5.1, RFC 2142 §4): settings.postmaster, or Lookups::responsible_user.
/// Alias targets that don't exist are dead ends as long as another one does. An address of another domain is remote; of
/// a relay domain whose recipients are listed, one that isn't doesn't exist. Errors: invalid (no address); not_found;
/// denied (an alias loop, named; too deep; too many targets); unavailable.
Result<Resolution> resolve(Lookups& directory, std::string_view address, const ResolveSettings& settings,
                           const ResolveListener& listener = {});

/// What `address` leads to in one step, by the same rules: for who asks on by himself, as Postfix does. An address that
/// is a user without aliases, or a list without members, leads to itself; one of another domain as well. Details go
/// along. Errors as resolve()'s.
Result<std::vector<std::string>> resolve_step(Lookups& directory, const MailAddress& address,
                                              const ResolveSettings& settings);

/// Who wants to send to a list.
struct Poster {
    std::string user;    ///< who has logged in; empty: nobody
    std::string sender;  ///< the sender's address, as far as it is believed; empty: none is
};

/// Whether that list's rules let somebody post, by what ListPosters tells. True also when there is no such list.
/// Errors: unavailable.
Result<bool> may_post(Lookups& directory, const MailAddress& list, const Poster& poster,
                      const ResolveSettings& settings);

/// joe@example.org of joe+tag@example.org; nullopt when there is no detail.
std::optional<MailAddress> without_detail(const MailAddress& address, const ResolveSettings& settings);

}  // namespace posthouse::auth
