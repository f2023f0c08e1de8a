// Tables virtual_domains, as far as they are relay domains, and relay_recipients.
#include "auth/directory/sql_relay_domains.h"

namespace posthouse::auth {
namespace {

std::string name_of(std::string_view domain) { return "Relay domain " + std::string(domain); }

}  // namespace

std::string_view to_string(RelayRecipients recipients) { return recipients == RelayRecipients::any ? "any" : "listed"; }

Result<RelayRecipients> parse_relay_recipients(std::string_view word) {
    if (word == "any") return RelayRecipients::any;
    if (word == "listed") return RelayRecipients::listed;
    return fail(ErrorCode::invalid, "Recipients of a relay domain are any or listed");
}

Result<std::vector<RelayDomain>> SqlRelayDomains::list() {
    return statements_.list<RelayDomain>(
        "SELECT d.name, d.recipients, d.created_at,"
        " (SELECT count(*) FROM relay_recipients r WHERE r.domain_id = d.id)"
        " FROM virtual_domains d WHERE d.type = 'relay' ORDER BY d.name",
        [](Statement&) {},
        [](const Statement& row) {
            return RelayDomain{row.text(0), parse_relay_recipients(row.text(1)).value_or(RelayRecipients::listed),
                               row.number(2), row.number(3)};
        });
}

Result<> SqlRelayDomains::add(std::string_view name, RelayRecipients recipients) {
    const Result<std::vector<std::string>> others = statements_.list<std::string>(
        "SELECT d.name FROM domain_aliases a JOIN virtual_domains d ON d.id = a.domain_id WHERE a.name = ?",
        [&](Statement& query) { query.bind(name); }, [](const Statement& row) { return row.text(0); });
    if (!others) return fail(others.error());
    if (!others->empty())
        return fail(ErrorCode::exists, "Domain " + std::string(name) + " is another name of " + others->front());
    return statements_.change("INSERT INTO virtual_domains (name, type, recipients) VALUES (?, 'relay', ?)",
                              "Domain " + std::string(name),
                              [&](Statement& query) { query.bind(name).bind(to_string(recipients)); });
}

Result<> SqlRelayDomains::set_recipients(std::string_view name, RelayRecipients recipients) {
    return statements_.change("UPDATE virtual_domains SET recipients = ? WHERE name = ? AND type = 'relay'",
                              name_of(name), [&](Statement& query) { query.bind(to_string(recipients)).bind(name); });
}

Result<std::vector<std::string>> SqlRelayDomains::recipients(std::string_view name) {
    return statements_.list<std::string>(
        "SELECT r.address FROM relay_recipients r JOIN virtual_domains d ON d.id = r.domain_id WHERE d.name = ?"
        " ORDER BY r.address",
        [&](Statement& query) { query.bind(name); }, [](const Statement& row) { return row.text(0); });
}

Result<> SqlRelayDomains::add_recipient(std::string_view address) {
    const std::string_view domain = address.substr(address.rfind('@') + 1);
    const Result<> added = statements_.change(
        "INSERT INTO relay_recipients (domain_id, address)"
        " SELECT id, ? FROM virtual_domains WHERE name = ? AND type = 'relay'",
        "Recipient " + std::string(address), [&](Statement& query) { query.bind(address).bind(domain); });
    if (added || added.error().code != ErrorCode::not_found) return added;
    return fail(ErrorCode::not_found, name_of(domain) + " does not exist");
}

Result<> SqlRelayDomains::remove_recipient(std::string_view address) {
    return statements_.change("DELETE FROM relay_recipients WHERE address = ?", "Recipient " + std::string(address),
                              [&](Statement& query) { query.bind(address); });
}

}  // namespace posthouse::auth
