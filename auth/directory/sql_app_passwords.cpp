// Table app_passwords.
#include "auth/directory/sql_app_passwords.h"

#include <algorithm>

#include "auth/directory/app_password_columns.h"

namespace posthouse::auth {

Result<std::vector<AppPassword>> SqlAppPasswords::find(const config::LookupQuery& lookup, std::string_view user,
                                                       std::size_t limit) {
    std::vector<AppPassword> found;
    std::optional<AppPasswordColumns> columns;
    const Result<> read = statements_.each(lookup, user, [&](const Statement& row) -> Result<bool> {
        if (!columns) columns.emplace(row);
        if (!columns->has_password())
            return fail(ErrorCode::internal, "Directory failed",
                        "directory.app_passwords_query gives no column password");
        if (found.size() < limit) found.push_back(columns->read(row));
        return found.size() < limit;
    });
    if (!read) return fail(read.error());
    return found;
}

Result<> SqlAppPasswords::add(std::string_view user, const AppPassword& app) {
    const Result<std::vector<std::string>> names = statements_.list<std::string>(
        "SELECT p.name FROM app_passwords p JOIN virtual_users u ON u.id = p.user_id WHERE u.email = ?",
        [&](Statement& query) { query.bind(user); }, [](const Statement& row) { return row.text(0); });
    if (!names) return fail(names.error());
    const std::string who = "User " + std::string(user);
    if (std::ranges::find(*names, app.name) != names->end())
        return fail(ErrorCode::exists, who + " has an app password \"" + app.name + "\" already");
    if (names->size() >= max_app_passwords)
        return fail(ErrorCode::limit, who + " has " + std::to_string(max_app_passwords) + " app passwords already");
    return statements_.change(
        "INSERT INTO app_passwords (user_id, name, password, scope, networks, expires_at)"
        " SELECT id, ?, ?, ?, ?, ? FROM virtual_users WHERE email = ?",
        who, [&](Statement& query) {
            query.bind(app.name).bind(app.password).bind(app.scope.text()).bind(app.networks);
            app.expires_at ? query.bind(*app.expires_at) : query.bind_null();
            query.bind(user);
        });
}

Result<> SqlAppPasswords::remove(std::string_view user, std::string_view name) {
    std::string what = "App password \"" + std::string(name) + "\" of " + std::string(user);
    if (name.empty()) what = "An app password of " + std::string(user);
    return statements_.change(
        "DELETE FROM app_passwords WHERE ? IN ('', name)"
        " AND user_id = (SELECT id FROM virtual_users WHERE email = ?)",
        what, [&](Statement& query) { query.bind(name).bind(user); });
}

Result<> SqlAppPasswords::set_used(std::int64_t id, std::int64_t at) {
    return statements_.change(
        "UPDATE app_passwords SET last_used_at = ? WHERE id = ? AND COALESCE(last_used_at, 0) < ?", "App password",
        [&](Statement& query) { query.bind(at).bind(id).bind(at); });
}

}  // namespace posthouse::auth
