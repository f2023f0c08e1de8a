// AppPasswordColumns: an app password from a row, by the names of its columns.
#pragma once

#include <optional>

#include "auth/directory/app_password.h"
#include "auth/directory/connection.h"

namespace posthouse::auth {

/// Columns are known by these names, without regard to case; others are ignored, and only `password` must be there:
///   password                            the stored hash; a row without one (NULL, empty) serves for nothing
///   name, scope, networks               NULL, empty: none, all services, everywhere
///   expires_at                          seconds since 1970; NULL: never
///   id, created_at, last_used_at
class AppPasswordColumns {
  public:
    explicit AppPasswordColumns(const Statement& statement);
    bool has_password() const { return password_.has_value(); }
    AppPassword read(const Statement& row) const;

  private:
    using Place = std::optional<std::size_t>;
    Place id_, name_, password_, scope_, networks_, expires_at_, created_at_, last_used_at_;
};

}  // namespace posthouse::auth
