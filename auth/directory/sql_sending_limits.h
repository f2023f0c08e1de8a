// Table sending_limits.
#pragma once

#include <optional>
#include <string_view>

#include "auth/directory/sending_limits.h"
#include "auth/directory/sql_statements.h"

namespace posthouse::auth {

class SqlSendingLimits final : public SendingLimits {
  public:
    explicit SqlSendingLimits(SqlStatements& statements) : statements_(statements) {}
    Result<std::vector<SendingLimit>> list() override;
    Result<> set(const SendingLimit& limit) override;
    /// Of an address, or a @domain. Tables of another program have none.
    Result<std::optional<SendingLimit>> find(std::string_view address);
    /// Of an address or, of a domain, of itself and of all its addresses.
    Result<> remove(std::string_view name);

  private:
    SqlStatements& statements_;
};

}  // namespace posthouse::auth
