// SqlStatements: look-ups that give texts.
#include "auth/directory/sql_statements.h"

#include <algorithm>

namespace posthouse::auth {
namespace {

constexpr std::string_view separators = ", \t\r\n";

}  // namespace

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
        for (std::size_t at = 0; at < text.size() && texts.size() < limit;) {
            const std::size_t begin = text.find_first_not_of(separators, at);
            if (begin == std::string::npos) break;
            at = std::min(text.find_first_of(separators, begin), text.size());
            texts.push_back(text.substr(begin, at - begin));
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
