// Connection: what all engines share.
#include "auth/directory/connection.h"

namespace posthouse::auth {

Result<Statement> Connection::prepare(std::string_view sql) {
    if (const auto kept = statements_.find(sql); kept != statements_.end()) {
        if (kept->second->is_reusable()) return Statement(*kept->second);
        statements_.erase(kept);
    }
    std::string text(sql);
    Result<std::unique_ptr<PreparedStatement>> compiled = compile(text);
    if (!compiled) return fail(compiled.error());
    const auto kept = statements_.emplace(std::move(text), std::move(*compiled)).first;
    return Statement(*kept->second);
}

Result<std::int64_t> Connection::query_number(std::string_view sql) {
    Result<Statement> statement = prepare(sql);
    if (!statement) return fail(statement.error());
    const Result<bool> row = statement->step();
    if (!row) return fail(row.error());
    return *row ? statement->number(0) : 0;
}

}  // namespace posthouse::auth
