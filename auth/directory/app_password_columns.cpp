// AppPasswordColumns: an app password from a row.
#include "auth/directory/app_password_columns.h"

#include "lib/base/ascii.h"

namespace posthouse::auth {

AppPasswordColumns::AppPasswordColumns(const Statement& statement) {
    for (std::size_t i = 0; i < statement.columns(); ++i) {
        const std::string name = ascii::lower(statement.column_name(i));
        if (name == "id") id_ = i;
        if (name == "name") name_ = i;
        if (name == "password") password_ = i;
        if (name == "scope") scope_ = i;
        if (name == "networks") networks_ = i;
        if (name == "expires_at") expires_at_ = i;
        if (name == "created_at") created_at_ = i;
        if (name == "last_used_at") last_used_at_ = i;
    }
}

AppPassword AppPasswordColumns::read(const Statement& row) const {
    AppPassword app;
    const auto text = [&](const Place& place) { return place ? row.text(*place) : std::string(); };
    const auto time = [&](const Place& place) {
        return place && !row.is_null(*place) ? std::optional(row.number(*place)) : std::nullopt;
    };
    app.id = time(id_).value_or(0);
    app.name = text(name_);
    app.password = text(password_);
    app.scope = Services(text(scope_));
    app.networks = text(networks_);
    app.expires_at = time(expires_at_);
    app.created_at = time(created_at_).value_or(0);
    app.last_used_at = time(last_used_at_);
    return app;
}

}  // namespace posthouse::auth
