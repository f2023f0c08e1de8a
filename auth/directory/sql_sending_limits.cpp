// Table sending_limits.
#include "auth/directory/sql_sending_limits.h"

#include <algorithm>

namespace posthouse::auth {
namespace {

constexpr std::string_view columns =
    "address, messages_per_hour, recipients_per_hour, recipients_per_message, messages_per_day, recipients_per_day";

SendingLimit read(const Statement& row) {
    SendingLimit limit{row.text(0)};
    for (std::size_t i = 0; i < sending_limit_columns.size(); ++i)
        if (!row.is_null(i + 1)) limit.*sending_limit_columns[i].number = row.number(i + 1);
    return limit;
}

/// No such row is as good.
Result<> none_is_fine(Result<> changed) {
    if (!changed && changed.error().code == ErrorCode::not_found) return {};
    return changed;
}

}  // namespace

Result<std::vector<SendingLimit>> SqlSendingLimits::list() {
    return statements_.list<SendingLimit>(
        "SELECT " + std::string(columns) + " FROM sending_limits ORDER BY address", [](Statement&) {}, read);
}

Result<std::optional<SendingLimit>> SqlSendingLimits::find(std::string_view address) {
    if (!statements_.require_own_tables()) return std::nullopt;
    Result<std::vector<SendingLimit>> rows = statements_.list<SendingLimit>(
        "SELECT " + std::string(columns) + " FROM sending_limits WHERE address = ?",
        [address](Statement& query) { query.bind(address); }, read);
    if (!rows) return fail(rows.error());
    if (rows->empty()) return std::nullopt;
    return std::move(rows->front());
}

// In two statements: "insert or update" is written differently by each engine.
Result<> SqlSendingLimits::set(const SendingLimit& limit) {
    if (std::ranges::none_of(sending_limit_columns,
                             [&limit](const auto& column) { return (limit.*column.number).has_value(); }))
        return none_is_fine(statements_.change("DELETE FROM sending_limits WHERE address = ?",
                                               "Limit of " + limit.address,
                                               [&limit](Statement& query) { query.bind(limit.address); }));
    const std::string what = "Limit of " + limit.address;
    const auto bind_all = [&](Statement& query) {
        for (const SendingLimitColumn& column : sending_limit_columns)
            if (const std::optional<std::int64_t>& number = limit.*column.number)
                query.bind(*number);
            else
                query.bind_null();
        query.bind(limit.address);
    };
    const Result<> updated = statements_.change(
        "UPDATE sending_limits SET messages_per_hour = ?, recipients_per_hour = ?, recipients_per_message = ?,"
        " messages_per_day = ?, recipients_per_day = ? WHERE address = ?",
        what, bind_all);
    if (updated || updated.error().code != ErrorCode::not_found) return updated;
    return statements_.change(
        "INSERT INTO sending_limits (messages_per_hour, recipients_per_hour, recipients_per_message, messages_per_day,"
        " recipients_per_day, address) VALUES (?, ?, ?, ?, ?, ?)",
        what, bind_all);
}

Result<> SqlSendingLimits::remove(std::string_view name) {
    const std::string what = "Limit of " + std::string(name);
    if (name.find('@') != std::string_view::npos)
        return none_is_fine(statements_.change("DELETE FROM sending_limits WHERE address = ?", what,
                                               [name](Statement& query) { query.bind(name); }));
    const std::string domain = '@' + std::string(name);
    return none_is_fine(statements_.change(
        "DELETE FROM sending_limits WHERE substr(address, ?) = ?", what,
        [&](Statement& query) { query.bind(-static_cast<std::int64_t>(domain.size())).bind(domain); }));
}

}  // namespace posthouse::auth
