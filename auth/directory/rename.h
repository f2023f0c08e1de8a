// Other names for users and domains, wherever the tables have the old ones.
#pragma once

#include <cstddef>
#include <string_view>

#include "auth/directory/connection.h"

namespace posthouse::auth {

/// What a rename changed.
struct RenameCounts {
    std::size_t users = 0;
    std::size_t others = 0;  ///< aliases, lists, grants, transports and limits that named them

    bool operator==(const RenameCounts&) const = default;
};

/// Within a writing transaction: gives the user `from` the address `to`, with everything that belongs to it, and
/// rewrites the rows that name the old address. A row that is there already with the new one stands for both. An alias
/// of `to` that only led to `from` goes. Errors: not_found (the user, or the domain of `to`); exists (the user `to`, or
/// an alias or a list of this address that leads elsewhere).
Result<RenameCounts> rename_user(Connection& connection, std::string_view from, std::string_view to);

/// The same for a domain, all its addresses and `@from`. Errors: not_found; exists (the domain `to`, or a domain alias
/// of this name for another domain; one of `from` itself goes).
Result<RenameCounts> rename_domain(Connection& connection, std::string_view from, std::string_view to);

}  // namespace posthouse::auth
