// Table send_as_grants.
#pragma once

#include "auth/directory/send_as_grants.h"
#include "auth/directory/sql_statements.h"

namespace posthouse::auth {

class SqlSendAsGrants final : public SendAsGrants {
  public:
    explicit SqlSendAsGrants(SqlStatements& statements) : statements_(statements) {}
    Result<std::vector<SendAsGrant>> list(std::string_view user) override;
    Result<> add(std::string_view user, std::string_view address) override;
    Result<> remove(std::string_view user, std::string_view address) override;

  private:
    SqlStatements& statements_;
};

}  // namespace posthouse::auth
