// Table app_passwords.
#pragma once

#include "auth/directory/app_password.h"
#include "auth/directory/sql_statements.h"

namespace posthouse::auth {

class SqlAppPasswords final : public AppPasswords {
  public:
    explicit SqlAppPasswords(SqlStatements& statements) : statements_(statements) {}

    /// What a look-up gives for a user, at most `limit`. Errors: internal (it gives no column password).
    Result<std::vector<AppPassword>> find(const config::LookupQuery& lookup, std::string_view user, std::size_t limit);

    Result<> add(std::string_view user, const AppPassword& app) override;
    Result<> remove(std::string_view user, std::string_view name) override;
    Result<> set_used(std::int64_t id, std::int64_t at) override;

  private:
    SqlStatements& statements_;
};

}  // namespace posthouse::auth
