// ListRules: who may send to a distribution list, and who is responsible for it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace posthouse::auth {

/// Who may send mail to a list. In each case also its owner, and the posters that it names.
enum class ListPosters {
    anyone,
    authenticated,  ///< who has logged in here
    domain,         ///< who has logged in here as a user of the list's domain
    members,        ///< who gets its mail
    listed,         ///< nobody else
};

/// "anyone", "authenticated", …
std::string_view to_string(ListPosters posters);
/// Errors: invalid, which tells the words.
Result<ListPosters> parse_list_posters(std::string_view word);

struct ListRules {
    ListPosters posters = ListPosters::anyone;
    std::string owner;  ///< an address; empty: none
    bool operator==(const ListRules&) const = default;
};

/// The address of whoever is responsible for a list, which is also the sender of what goes to its members:
/// "team-owner@example.org" of "team@example.org".
std::string owner_address(std::string_view list);
/// The list of such an address; nullopt: it is no such.
std::optional<std::string> list_of_owner_address(std::string_view address);

}  // namespace posthouse::auth
