// Table transports.
#pragma once

#include "auth/directory/sql_statements.h"
#include "auth/directory/transports.h"

namespace posthouse::auth {

class SqlTransports final : public Transports {
  public:
    explicit SqlTransports(SqlStatements& statements) : statements_(statements) {}
    Result<std::vector<Transport>> list() override;
    Result<> add(std::string_view source, std::string_view transport) override;
    Result<> remove(std::string_view source) override;

  private:
    SqlStatements& statements_;
};

}  // namespace posthouse::auth
