// Address lists (RFC 5322 §3.4) with groups, comments, quoted strings, routes and the obsolete forms of §4.4.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace posthouse::mime {

/// A mailbox, or the start or end of a group: a list is flat, as ENVELOPE shows it.
struct Address {
    enum class Kind { mailbox, group_start, group_end };

    Kind kind = Kind::mailbox;
    std::string name;  ///< display name without quotes, or the comment in its place; encoded words stay. A group's name
    std::string route;   ///< "@a,@b" of an obsolete source route
    std::string local;   ///< without quotes; empty when missing
    std::string domain;  ///< "example.com" or "[192.0.2.1]"; empty when missing

    /// "local@domain", quoted where it must be; "local" without a domain.
    std::string spec() const;
    friend bool operator==(const Address&, const Address&) = default;
};

/// Reads the value of From, To, … (folded or not). Never fails: what can't be understood is skipped up to the next
/// comma. At most max_addresses.
std::vector<Address> parse_addresses(std::string_view value);

}  // namespace posthouse::mime
