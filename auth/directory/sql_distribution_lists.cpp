// Table distribution_lists.
#include "auth/directory/sql_distribution_lists.h"

namespace posthouse::auth {
namespace {

std::string name_of(std::string_view address) { return "List " + std::string(address); }

std::string name_of(std::string_view address, std::string_view member) {
    return "Member " + std::string(member) + " of " + std::string(address);
}

/// A word that nobody knows keeps all out but the owner: another program wrote it.
ListRules rules_of(const std::string& posters, std::string owner) {
    return {parse_list_posters(posters).value_or(ListPosters::listed), std::move(owner)};
}

DistributionList read_list(const Statement& row) {
    return {row.text(0), row.text(1), row.number(2), row.number(3), rules_of(row.text(4), row.text(5))};
}

}  // namespace

Result<std::vector<DistributionList>> SqlDistributionLists::list(std::string_view domain) {
    return statements_.list<DistributionList>(
        "SELECT l.address, l.description, l.created_at,"
        " (SELECT count(*) FROM virtual_aliases a WHERE a.source = l.address), l.posters, l.owner"
        " FROM distribution_lists l JOIN virtual_domains d ON d.id = l.domain_id"
        " WHERE ? IN ('', d.name) ORDER BY d.name, l.address",
        [&](Statement& query) { query.bind(domain); }, read_list);
}

Result<std::optional<DistributionList>> SqlDistributionLists::find(std::string_view address) {
    Result<std::vector<DistributionList>> found = statements_.list<DistributionList>(
        "SELECT l.address, l.description, l.created_at,"
        " (SELECT count(*) FROM virtual_aliases a WHERE a.source = l.address), l.posters, l.owner"
        " FROM distribution_lists l WHERE l.address = ?",
        [&](Statement& query) { query.bind(address); }, read_list);
    if (!found) return fail(found.error());
    if (found->empty()) return std::nullopt;
    return std::move(found->front());
}

Result<std::vector<std::string>> SqlDistributionLists::members(std::string_view address) {
    return statements_.list<std::string>(
        "SELECT a.destination FROM virtual_aliases a JOIN distribution_lists l ON l.address = a.source"
        " WHERE l.address = ? ORDER BY a.id",
        [&](Statement& query) { query.bind(address); }, [](const Statement& row) { return row.text(0); });
}

Result<> SqlDistributionLists::add(std::string_view address, std::string_view description) {
    const Result<std::vector<std::string>> others = statements_.list<std::string>(
        "SELECT 'User ' FROM virtual_users WHERE email = ? UNION"
        " SELECT 'Alias ' FROM virtual_aliases WHERE source = ?"
        " AND source NOT IN (SELECT address FROM distribution_lists)",
        [&](Statement& query) { query.bind(address).bind(address); }, [](const Statement& row) { return row.text(0); });
    if (!others) return fail(others.error());
    if (!others->empty()) return fail(ErrorCode::exists, others->front() + std::string(address) + " already exists");
    const Result<> added = statements_.change(
        "INSERT INTO distribution_lists (domain_id, address, description)"
        " SELECT id, ?, ? FROM virtual_domains WHERE name = ? AND type = 'local'",
        name_of(address),
        [&](Statement& query) { query.bind(address).bind(description).bind(address.substr(address.rfind('@') + 1)); });
    if (added || added.error().code != ErrorCode::not_found) return added;
    return fail(ErrorCode::not_found,
                "Domain " + std::string(address.substr(address.rfind('@') + 1)) + " does not exist");
}

Result<> SqlDistributionLists::describe(std::string_view address, std::string_view description) {
    return statements_.change("UPDATE distribution_lists SET description = ? WHERE address = ?", name_of(address),
                              [&](Statement& query) { query.bind(description).bind(address); });
}

Result<> SqlDistributionLists::set_rules(std::string_view address, const ListRules& rules) {
    return statements_.change(
        "UPDATE distribution_lists SET posters = ?, owner = ? WHERE address = ?", name_of(address),
        [&](Statement& query) { query.bind(to_string(rules.posters)).bind(rules.owner).bind(address); });
}

Result<std::vector<std::string>> SqlDistributionLists::posters(std::string_view address) {
    return statements_.list<std::string>(
        "SELECT p.address FROM list_posters p JOIN distribution_lists l ON l.id = p.list_id"
        " WHERE l.address = ? ORDER BY p.id",
        [&](Statement& query) { query.bind(address); }, [](const Statement& row) { return row.text(0); });
}

Result<> SqlDistributionLists::add_poster(std::string_view address, std::string_view poster) {
    const Result<std::vector<std::string>> present = posters(address);
    if (!present) return fail(present.error());
    if (present->size() >= max_list_members)
        return fail(ErrorCode::limit, name_of(address) + " has 1000 posters, the most there may be");
    const std::string what = "Poster " + std::string(poster) + " of " + std::string(address);
    const Result<> added = statements_.change(
        "INSERT INTO list_posters (list_id, address) SELECT id, ? FROM distribution_lists WHERE address = ?", what,
        [&](Statement& query) { query.bind(poster).bind(address); });
    if (added || added.error().code != ErrorCode::not_found) return added;
    return fail(ErrorCode::not_found, name_of(address) + " does not exist");
}

Result<> SqlDistributionLists::remove_poster(std::string_view address, std::string_view poster) {
    return statements_.change(
        "DELETE FROM list_posters WHERE address = ?"
        " AND list_id IN (SELECT id FROM distribution_lists WHERE address = ?)",
        "Poster " + std::string(poster) + " of " + std::string(address),
        [&](Statement& query) { query.bind(poster).bind(address); });
}

Result<> SqlDistributionLists::remove(std::string_view address) {
    const Result<> removed = statements_.change("DELETE FROM distribution_lists WHERE address = ?", name_of(address),
                                                [&](Statement& query) { query.bind(address); });
    if (!removed) return removed;
    const Result<> emptied = statements_.change("DELETE FROM virtual_aliases WHERE source = ?", name_of(address),
                                                [&](Statement& query) { query.bind(address); });
    if (!emptied && emptied.error().code == ErrorCode::not_found) return {};  // it had none
    return emptied;
}

Result<> SqlDistributionLists::add_member(std::string_view address, std::string_view member) {
    const Result<std::optional<DistributionList>> list = find(address);
    if (!list) return fail(list.error());
    if (!*list) return fail(ErrorCode::not_found, name_of(address) + " does not exist");
    if (static_cast<std::size_t>((*list)->members) >= max_list_members)
        return fail(ErrorCode::limit, name_of(address) + " has 1000 members, the most there may be");
    return statements_.change(
        "INSERT INTO virtual_aliases (domain_id, source, destination)"
        " SELECT domain_id, address, ? FROM distribution_lists WHERE address = ?",
        name_of(address, member), [&](Statement& query) { query.bind(member).bind(address); });
}

Result<> SqlDistributionLists::remove_member(std::string_view address, std::string_view member) {
    return statements_.change(
        "DELETE FROM virtual_aliases WHERE destination = ?"
        " AND source IN (SELECT address FROM distribution_lists WHERE address = ?)",
        name_of(address, member), [&](Statement& query) { query.bind(member).bind(address); });
}

}  // namespace posthouse::auth
