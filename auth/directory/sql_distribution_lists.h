// Table distribution_lists.
#pragma once

#include "auth/directory/distribution_lists.h"
#include "auth/directory/sql_statements.h"

namespace posthouse::auth {

class SqlDistributionLists final : public DistributionLists {
  public:
    explicit SqlDistributionLists(SqlStatements& statements) : statements_(statements) {}
    Result<std::vector<DistributionList>> list(std::string_view domain) override;
    Result<std::optional<DistributionList>> find(std::string_view address) override;
    Result<std::vector<std::string>> members(std::string_view address) override;
    Result<> add(std::string_view address, std::string_view description) override;
    Result<> describe(std::string_view address, std::string_view description) override;
    Result<> set_rules(std::string_view address, const ListRules& rules) override;
    Result<std::vector<std::string>> posters(std::string_view address) override;
    Result<> add_poster(std::string_view address, std::string_view poster) override;
    Result<> remove_poster(std::string_view address, std::string_view poster) override;
    Result<> remove(std::string_view address) override;
    Result<> add_member(std::string_view address, std::string_view member) override;
    Result<> remove_member(std::string_view address, std::string_view member) override;

  private:
    SqlStatements& statements_;
};

}  // namespace posthouse::auth
