// UserColumns: a user from a row, by the names of its columns, so that other programs' tables serve too.
#pragma once

#include <optional>
#include <string_view>

#include "auth/directory/address.h"
#include "auth/directory/connection.h"
#include "auth/directory/directory.h"

namespace posthouse::auth {

/// Columns are known by these names, without regard to case; others are ignored, and only `password` must be there:
///   password                  the stored hash; a user without one (NULL, empty) cannot log in
///   scram_keys                SCRAM keys of the same password (auth/passwords/scram_beside.h)
///   email, username, user     the address, or its local part; must be what was looked up
///   quota_mb                  in MiB, or
///   quota_bytes, or           rounded up to MiB
///   quota_rule                Dovecot's rule `*:storage=100M` or `*:bytes=104857600`
///   enabled, active           1, t, true, y, yes: may log in; also in `disabled`: may not
///   admin                     likewise
///   app_passwords_only, must_change_password   likewise
///   services                  those that the user may log in to (services.h); NULL, empty: all
///   id, created_at; usage_bytes, messages, last_updated: what was last reported (NULL: nothing)
class UserColumns {
  public:
    explicit UserColumns(const Statement& statement);
    bool has_password() const { return password_.has_value(); }
    /// The user in the present row, with the address in the form of address.h. `looked_up` is an address, or empty for
    /// a list. nullopt: the row is of another user, whom a collation takes for the same (joé and joe), or has no
    /// address.
    std::optional<User> read(const Statement& row, std::string_view looked_up, LocalPart local_part) const;

  private:
    using Place = std::optional<std::size_t>;
    std::int64_t quota_mb(const Statement& row) const;
    Place id_, email_, password_, scram_keys_, quota_mb_, quota_bytes_, quota_rule_, enabled_, disabled_, admin_,
        services_, app_passwords_only_, must_change_password_, created_at_, usage_bytes_, messages_, last_updated_;
};

}  // namespace posthouse::auth
