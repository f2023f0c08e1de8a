// DistributionLists: addresses whose mail goes to members.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/directory/list_rules.h"
#include "lib/base/result.h"

namespace posthouse::auth {

/// What a list may have, as with more none of its mail could be delivered (max_alias_targets).
inline constexpr std::size_t max_list_members = 1000;
/// In bytes.
inline constexpr std::size_t max_list_description = 1024;

/// A row of distribution_lists. Members are the destinations of its address in virtual_aliases.
struct DistributionList {
    std::string address;
    std::string description;
    std::int64_t created_at = 0;
    std::int64_t members = 0;
    ListRules rules{};
};

/// Addresses are given in the form of address.h. Errors: as of Directory, and those each says.
class DistributionLists {
  public:
    virtual ~DistributionLists() = default;
    /// By address; of one domain when `domain` is not empty.
    virtual Result<std::vector<DistributionList>> list(std::string_view domain) = 0;
    virtual Result<std::optional<DistributionList>> find(std::string_view address) = 0;
    /// In the order of joining. No such list: none.
    virtual Result<std::vector<std::string>> members(std::string_view address) = 0;
    /// Errors: exists (also as a user or an alias); not_found (the domain).
    virtual Result<> add(std::string_view address, std::string_view description) = 0;
    /// Errors: not_found.
    virtual Result<> describe(std::string_view address, std::string_view description) = 0;
    /// Errors: not_found.
    virtual Result<> set_rules(std::string_view address, const ListRules& rules) = 0;
    /// Addresses, or @domain, that it names as posters, in the order of naming. No such list: none.
    virtual Result<std::vector<std::string>> posters(std::string_view address) = 0;
    /// Errors: exists; not_found (the list); limit.
    virtual Result<> add_poster(std::string_view address, std::string_view poster) = 0;
    /// Errors: not_found.
    virtual Result<> remove_poster(std::string_view address, std::string_view poster) = 0;
    /// With its members. Errors: not_found.
    virtual Result<> remove(std::string_view address) = 0;
    /// Errors: exists; not_found (the list); limit.
    virtual Result<> add_member(std::string_view address, std::string_view member) = 0;
    /// Errors: not_found.
    virtual Result<> remove_member(std::string_view address, std::string_view member) = 0;
};

}  // namespace posthouse::auth
