// Rules for passwords that people choose.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/config/config.h"

namespace posthouse::auth {

struct PasswordRules {
    std::size_t min_length = 8;  ///< characters
    std::string denylist{};      ///< file of passwords that nobody may have, one per line; empty: none
};

/// As [auth] says; nothing: there are no rules.
std::optional<PasswordRules> password_rules(const config::Config& config);

/// A password, and whose it is to be.
struct ChosenPassword {
    std::string_view email;
    std::string_view password;
};

/// For each of them what is wrong with it, to be shown; empty: nothing. A password must have the length, must not be
/// known to everybody (common_passwords.h, the denylist; without regard to case), and must not contain the name before
/// the @, when that has four characters or more. The file is read once, in pieces; lines longer than max_password are
/// passed over. Errors: unsupported (the file cannot be read).
Result<std::vector<std::string>> check_chosen(std::span<const ChosenPassword> passwords, const PasswordRules& rules);

}  // namespace posthouse::auth
