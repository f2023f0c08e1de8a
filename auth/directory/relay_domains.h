// RelayDomains: domains whose mail is taken from everybody and passed on to another server.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"

namespace posthouse::auth {

/// Which addresses of a relay domain mail is taken for.
enum class RelayRecipients { any, listed };

/// "any", "listed"
std::string_view to_string(RelayRecipients recipients);
/// Errors: invalid, which tells the words.
Result<RelayRecipients> parse_relay_recipients(std::string_view word);

/// A row of virtual_domains of type `relay`.
struct RelayDomain {
    std::string name;
    RelayRecipients recipients = RelayRecipients::any;
    std::int64_t created_at = 0;
    std::int64_t listed = 0;  ///< how many addresses are
};

/// Names and addresses are given in the form of address.h. Errors: as of Directory, and those each says. Where they go
/// is told by Transports, or else by DNS; Directory::remove_domain removes them.
class RelayDomains {
  public:
    virtual ~RelayDomains() = default;
    /// By name.
    virtual Result<std::vector<RelayDomain>> list() = 0;
    /// Errors: exists, also as a domain or a domain alias.
    virtual Result<> add(std::string_view name, RelayRecipients recipients) = 0;
    /// Errors: not_found.
    virtual Result<> set_recipients(std::string_view name, RelayRecipients recipients) = 0;
    /// The addresses that are listed, in their order.
    virtual Result<std::vector<std::string>> recipients(std::string_view name) = 0;
    /// Errors: exists; not_found (the relay domain).
    virtual Result<> add_recipient(std::string_view address) = 0;
    /// Errors: not_found.
    virtual Result<> remove_recipient(std::string_view address) = 0;
};

}  // namespace posthouse::auth
