// SqlStatements: look-ups that give texts.
#include "auth/directory/sql_statements.h"

#include "auth/directory/listed.h"

namespace posthouse::auth {

Result<bool> SqlStatements::any(const config::LookupQuery& lookup, std::string_view key) {
    bool found = false;
    const Result<> read = each(lookup, key, [&](const Statement&) -> Result<bool> {
        found = true;
        return false;
    });
    if (!read) return fail(read.error());
    return found;
}

Result<std::vector<std::string>> SqlStatements::column(const config::LookupQuery& lookup, std::string_view key,
                                                       std::size_t limit) {
    std::vector<std::string> texts;
    const Result<> read = each(lookup, key, [&](const Statement& row) -> Result<bool> {
        const std::string text = row.text(0);
        for (const std::string_view one : listed(text)) {
            if (texts.size() < limit) texts.emplace_back(one);
        }
        return texts.size() < limit;
    });
    if (!read) return fail(read.error());
    return texts;
}

Result<std::optional<std::string>> SqlStatements::first(const config::LookupQuery& lookup, std::string_view key) {
    Result<std::vector<std::string>> texts = column(lookup, key, 1);
    if (!texts) return fail(texts.error());
    if (texts->empty()) return std::nullopt;
    return std::move(texts->front());
}

}  // namespace posthouse::auth
