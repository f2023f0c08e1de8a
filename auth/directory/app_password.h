// AppPasswords: further passwords of users, for some programs only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "auth/directory/services.h"
#include "lib/base/result.h"

namespace posthouse::auth {

/// A row of app_passwords.
struct AppPassword {
    std::int64_t id = 0;
    std::string name;                        ///< what the user calls it: "Phone"; unique for the user
    std::string password;                    ///< `{SCHEME}hash`
    Services scope;                          ///< what it serves for
    std::string networks;                    ///< where from: CIDR, separated by spaces or commas; empty: everywhere
    std::optional<std::int64_t> expires_at;  ///< seconds since 1970; from then on it does not serve
    std::int64_t created_at = 0;
    std::optional<std::int64_t> last_used_at;  ///< to a few minutes
};

/// The most that a user may have, and that a log-in looks at.
inline constexpr std::size_t max_app_passwords = 50;

/// Changes of them. Users are given in the form of address.h. Errors: as of Directory, and those each says.
class AppPasswords {
  public:
    virtual ~AppPasswords() = default;
    /// `app` without its id and times. Errors: exists (one of that name); limit (max_app_passwords are there);
    /// not_found (the user).
    virtual Result<> add(std::string_view user, const AppPassword& app) = 0;
    /// That of this name, or all of them when it is empty. Errors: not_found.
    virtual Result<> remove(std::string_view user, std::string_view name) = 0;
    /// The app password with this id was used at `at`, unless a later use is known. Errors: not_found, also then.
    virtual Result<> set_used(std::int64_t id, std::int64_t at) = 0;
};

}  // namespace posthouse::auth
