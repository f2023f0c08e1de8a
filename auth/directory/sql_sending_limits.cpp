// Table sending_limits.
#include "auth/directory/sql_sending_limits.h"

namespace posthouse::auth {
namespace {

std::optional<std::int64_t> number(const Statement& row, std::size_t column) {
    return row.is_null(column) ? std::nullopt : std::optional(row.number(column));
}

void bind(Statement& query, const std::optional<std::int64_t>& number) {
    if (number)
        query.bind(*number);
    else
        query.bind_null();
}

}  // namespace

Result<std::vector<SendingLimit>> SqlSendingLimits::list() {
    return statements_.list<SendingLimit>(
        "SELECT address, messages_per_hour, recipients_per_hour, recipients_per_message FROM sending_limits"
        " ORDER BY address",
        [](Statement&) {},
        [](const Statement& row) { return SendingLimit{row.text(0), number(row, 1), number(row, 2), number(row, 3)}; });
}

// In two statements: "insert or update" is written differently by each engine.
Result<> SqlSendingLimits::set(const SendingLimit& limit) {
    const std::string what = "Limit of " + limit.address;
    const auto bind_all = [&](Statement& query) {
        bind(query, limit.messages_per_hour);
        bind(query, limit.recipients_per_hour);
        bind(query, limit.recipients_per_message);
        query.bind(limit.address);
    };
    const Result<> updated = statements_.change(
        "UPDATE sending_limits SET messages_per_hour = ?, recipients_per_hour = ?, recipients_per_message = ?"
        " WHERE address = ?",
        what, bind_all);
    if (updated || updated.error().code != ErrorCode::not_found) return updated;
    return statements_.change(
        "INSERT INTO sending_limits (messages_per_hour, recipients_per_hour, recipients_per_message, address)"
        " VALUES (?, ?, ?, ?)",
        what, bind_all);
}

}  // namespace posthouse::auth
