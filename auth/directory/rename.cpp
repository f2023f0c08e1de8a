// Row by row: the engines have no common words for putting texts together.
#include "auth/directory/rename.h"

#include <algorithm>
#include <array>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace posthouse::auth {
namespace {

/// Where an address may stand. The sentences are spelled out, since statements are prepared once and kept.
struct Place {
    std::string_view find_address;  ///< id and text of rows with this address
    std::string_view find_domain;   ///< of rows whose text ends with "@domain"; as many characters as that has, first
    std::string_view update;        ///< text and, where there is a domain_id, the name of the domain; id
    std::string_view remove;        ///< id
    bool has_domain_id;
};

#define PLACE(table, column, set_domain, has_domain_id)                                                             \
    Place {                                                                                                         \
        "SELECT id, " column " FROM " table " WHERE " column " = ?",                                                \
            "SELECT id, " column " FROM " table " WHERE substr(" column ", ?) = ?",                                 \
            "UPDATE " table " SET " column " = ?" set_domain " WHERE id = ?", "DELETE FROM " table " WHERE id = ?", \
            has_domain_id                                                                                           \
    }
#define WITH_DOMAIN ", domain_id = (SELECT id FROM virtual_domains WHERE name = ?)"
constexpr Place users = PLACE("virtual_users", "email", WITH_DOMAIN, true);
constexpr Place alias_sources = PLACE("virtual_aliases", "source", WITH_DOMAIN, true);
constexpr Place alias_destinations = PLACE("virtual_aliases", "destination", "", false);
constexpr std::array others{
    alias_sources,
    alias_destinations,
    PLACE("distribution_lists", "address", WITH_DOMAIN, true),
    PLACE("distribution_lists", "owner", "", false),
    PLACE("list_posters", "address", "", false),
    PLACE("relay_recipients", "address", WITH_DOMAIN, true),
    PLACE("send_as_grants", "address", "", false),
    PLACE("transports", "source", "", false),
    PLACE("sending_limits", "address", "", false),
};
/// Where mail for an address goes by its aliases.
constexpr Place alias_destinations_of{
    "SELECT id, destination FROM virtual_aliases WHERE source = ?", {}, {}, {}, false};
#undef WITH_DOMAIN
#undef PLACE

struct Row {
    std::int64_t id;
    std::string text;
};

/// What is looked for, and what comes in its place.
struct Rename {
    std::string from;  ///< an address, or "@domain"
    std::string to;
    bool is_domain;

    std::string renamed(const std::string& text) const {
        return is_domain ? text.substr(0, text.size() - from.size()) + to : to;
    }
};

std::string_view domain_of(std::string_view address) { return address.substr(address.rfind('@') + 1); }

Result<std::vector<Row>> find(Connection& connection, const Place& place, const Rename& rename) {
    Result<Statement> query = connection.prepare(rename.is_domain ? place.find_domain : place.find_address);
    if (!query) return fail(query.error());
    if (rename.is_domain) query->bind(-static_cast<std::int64_t>(rename.from.size()));
    query->bind(rename.from);
    std::vector<Row> rows;
    for (;;) {
        const Result<bool> row = query->step();
        if (!row) return fail(row.error());
        if (!*row) return rows;
        rows.push_back({query->number(0), query->text(1)});
    }
}

/// One statement without rows; what it changed.
Result<std::int64_t> run(Connection& connection, std::string_view sql, const std::function<void(Statement&)>& bind) {
    Result<Statement> statement = connection.prepare(sql);
    if (!statement) return fail(statement.error());
    bind(*statement);
    return statement->run();
}

Result<std::size_t> rewrite(Connection& connection, const Place& place, const Rename& rename) {
    const Result<std::vector<Row>> rows = find(connection, place, rename);
    if (!rows) return fail(rows.error());
    for (const Row& row : *rows) {
        const std::string text = rename.renamed(row.text);
        const Result<std::int64_t> updated = run(connection, place.update, [&](Statement& update) {
            update.bind(text);
            if (place.has_domain_id) update.bind(domain_of(text));
            update.bind(row.id);
        });
        if (updated) continue;
        if (updated.error().code != ErrorCode::exists || &place == &users) return fail(updated.error());
        const auto with_id = [&](Statement& removal) { removal.bind(row.id); };
        if (const Result<std::int64_t> removed = run(connection, place.remove, with_id); !removed)
            return fail(removed.error());
    }
    return rows->size();
}

Result<RenameCounts> rewrite_all(Connection& connection, const Rename& rename) {
    RenameCounts counts;
    const Result<std::size_t> renamed = rewrite(connection, users, rename);
    if (!renamed) return fail(renamed.error());
    counts.users = *renamed;
    for (const Place& place : others) {
        const Result<std::size_t> rewritten = rewrite(connection, place, rename);
        if (!rewritten) return fail(rewritten.error());
        counts.others += *rewritten;
    }
    return counts;
}

Result<bool> is_there(Connection& connection, std::string_view sql, std::string_view name) {
    Result<Statement> query = connection.prepare(sql);
    if (!query) return fail(query.error());
    return query->bind(name).step();
}

}  // namespace

Result<RenameCounts> rename_user(Connection& connection, std::string_view from, std::string_view to) {
    const std::string_view domain = domain_of(to);
    const Result<bool> has_domain =
        is_there(connection, "SELECT 1 FROM virtual_domains WHERE name = ? AND type = 'local'", domain);
    if (!has_domain) return fail(has_domain.error());
    if (!*has_domain) return fail(ErrorCode::not_found, "Domain " + std::string(domain) + " does not exist");
    const Result<bool> is_taken = is_there(connection, "SELECT 1 FROM virtual_users WHERE email = ?", to);
    if (!is_taken) return fail(is_taken.error());
    if (*is_taken) return fail(ErrorCode::exists, "User " + std::string(to) + " already exists");

    // Its mail would be the user's, or would go on elsewhere.
    const Result<std::vector<Row>> led = find(connection, alias_destinations_of, {std::string(to), {}, false});
    if (!led) return fail(led.error());
    if (std::ranges::any_of(*led, [&](const Row& row) { return row.text != from; }))
        return fail(ErrorCode::exists, std::string(to) + " is an alias or a list: remove it first");
    Result<RenameCounts> counts = rewrite_all(connection, {std::string(from), std::string(to), false});
    if (!counts) return counts;
    if (counts->users == 0) return fail(ErrorCode::not_found, "User " + std::string(from) + " does not exist");
    // What led from the new address to the old one leads to itself now. Beside other destinations it keeps a copy.
    const Result<std::vector<Row>> aliases = find(connection, alias_sources, {std::string(to), std::string(to), false});
    if (!aliases) return fail(aliases.error());
    if (aliases->size() == 1) {
        const Result<std::int64_t> removed =
            run(connection, "DELETE FROM virtual_aliases WHERE source = ? AND destination = ?",
                [&](Statement& removal) { removal.bind(to).bind(to); });
        if (!removed) return fail(removed.error());
    }
    return counts;
}

Result<RenameCounts> rename_domain(Connection& connection, std::string_view from, std::string_view to) {
    const Result<std::int64_t> own_alias =
        run(connection,
            "DELETE FROM domain_aliases WHERE name = ? AND domain_id = (SELECT id FROM virtual_domains WHERE name = ?)",
            [&](Statement& removal) { removal.bind(to).bind(from); });
    if (!own_alias) return fail(own_alias.error());
    const Result<bool> is_alias = is_there(connection, "SELECT 1 FROM domain_aliases WHERE name = ?", to);
    if (!is_alias) return fail(is_alias.error());
    if (*is_alias) return fail(ErrorCode::exists, "Domain " + std::string(to) + " is another name of another domain");
    const Result<std::int64_t> renamed = run(connection, "UPDATE virtual_domains SET name = ? WHERE name = ?",
                                             [&](Statement& update) { update.bind(to).bind(from); });
    if (!renamed && renamed.error().code == ErrorCode::exists)
        return fail(ErrorCode::exists, "Domain " + std::string(to) + " already exists");
    if (!renamed) return fail(renamed.error());
    if (*renamed == 0) return fail(ErrorCode::not_found, "Domain " + std::string(from) + " does not exist");
    const Result<std::int64_t> transport = run(connection, "UPDATE transports SET source = ? WHERE source = ?",
                                               [&](Statement& update) { update.bind(to).bind(from); });
    if (!transport) return fail(transport.error());
    return rewrite_all(connection, {"@" + std::string(from), "@" + std::string(to), true});
}

}  // namespace posthouse::auth
