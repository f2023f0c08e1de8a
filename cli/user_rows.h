// Rows of users, as `posthouse user add --csv` reads them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "auth/directory/address.h"
#include "auth/directory/directory.h"
#include "lib/base/result.h"

namespace posthouse::cli {

/// One row, checked. `user.password` is empty until the password is hashed, unless the row brought a hash.
struct UserRow {
    std::size_t line = 0;
    auth::NewUser user;
    std::string password;    ///< to be hashed
    std::string scram_keys;  ///< made with the hash; empty: none
    bool generated = false;
};

/// Columns are email, password, quota_mb, in this order, unless the first line names them (any of: email, password,
/// password_hash, quota_mb, enabled, admin). A row without a password gets a generated one when `generate`.
/// `default_scheme`: of a password_hash without `{SCHEME}`. Errors:
/// invalid, with every faulty line (at most 20) in the text.
Result<std::vector<UserRow>> parse_user_rows(std::string_view csv, bool generate,
                                             auth::LocalPart local_part = auth::LocalPart::ignore_case,
                                             std::string_view default_scheme = {});

}  // namespace posthouse::cli
