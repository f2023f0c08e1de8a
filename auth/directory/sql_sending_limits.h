// Table sending_limits.
#pragma once

#include "auth/directory/sending_limits.h"
#include "auth/directory/sql_statements.h"

namespace posthouse::auth {

class SqlSendingLimits final : public SendingLimits {
  public:
    explicit SqlSendingLimits(SqlStatements& statements) : statements_(statements) {}
    Result<std::vector<SendingLimit>> list() override;
    Result<> set(const SendingLimit& limit) override;

  private:
    SqlStatements& statements_;
};

}  // namespace posthouse::auth
