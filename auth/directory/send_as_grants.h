// SendAsGrants: which addresses a user may send as, beside the own one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"

namespace posthouse::auth {

/// A row of send_as_grants.
struct SendAsGrant {
    std::string user;
    std::string address;  ///< or @domain: every address of it
    std::int64_t created_at = 0;
};

/// Users and addresses are given in the form of address.h; an address may be of any domain, ours or not. Errors: as of
/// Directory, and those each says.
class SendAsGrants {
  public:
    virtual ~SendAsGrants() = default;
    /// By user and address; of one user when `user` is not empty.
    virtual Result<std::vector<SendAsGrant>> list(std::string_view user) = 0;
    /// Errors: exists; not_found (the user).
    virtual Result<> add(std::string_view user, std::string_view address) = 0;
    /// Errors: not_found.
    virtual Result<> remove(std::string_view user, std::string_view address) = 0;
};

}  // namespace posthouse::auth
