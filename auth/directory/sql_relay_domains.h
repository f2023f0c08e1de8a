// RelayDomains in an SQL database.
#pragma once

#include "auth/directory/relay_domains.h"
#include "auth/directory/sql_statements.h"

namespace posthouse::auth {

class SqlRelayDomains final : public RelayDomains {
  public:
    explicit SqlRelayDomains(SqlStatements& statements) : statements_(statements) {}
    Result<std::vector<RelayDomain>> list() override;
    Result<> add(std::string_view name, RelayRecipients recipients) override;
    Result<> set_recipients(std::string_view name, RelayRecipients recipients) override;
    Result<std::vector<std::string>> recipients(std::string_view name) override;
    Result<> add_recipient(std::string_view address) override;
    Result<> remove_recipient(std::string_view address) override;

  private:
    SqlStatements& statements_;
};

}  // namespace posthouse::auth
