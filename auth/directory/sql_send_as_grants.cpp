// Table send_as_grants.
#include "auth/directory/sql_send_as_grants.h"

namespace posthouse::auth {
namespace {

std::string name_of(std::string_view user, std::string_view address) {
    return "Grant of " + std::string(user) + " for " + std::string(address);
}

}  // namespace

Result<std::vector<SendAsGrant>> SqlSendAsGrants::list(std::string_view user) {
    return statements_.list<SendAsGrant>(
        "SELECT u.email, g.address, g.created_at FROM send_as_grants g JOIN virtual_users u ON u.id = g.user_id"
        " WHERE ? IN ('', u.email) ORDER BY u.email, g.address",
        [&](Statement& query) { query.bind(user); },
        [](const Statement& row) { return SendAsGrant{row.text(0), row.text(1), row.number(2)}; });
}

Result<> SqlSendAsGrants::add(std::string_view user, std::string_view address) {
    const Result<> added = statements_.change(
        "INSERT INTO send_as_grants (user_id, address) SELECT id, ? FROM virtual_users WHERE email = ?",
        name_of(user, address), [&](Statement& query) { query.bind(address).bind(user); });
    if (added || added.error().code != ErrorCode::not_found) return added;
    return fail(ErrorCode::not_found, "User " + std::string(user) + " does not exist");
}

Result<> SqlSendAsGrants::remove(std::string_view user, std::string_view address) {
    return statements_.change(
        "DELETE FROM send_as_grants WHERE address = ? AND user_id IN (SELECT id FROM virtual_users WHERE email = ?)",
        name_of(user, address), [&](Statement& query) { query.bind(address).bind(user); });
}

}  // namespace posthouse::auth
