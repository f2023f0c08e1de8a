// The queries behind Lookups.
#include "auth/directory/lookup_queries.h"

#include <cstdlib>
#include <string>

namespace posthouse::auth {
namespace {

config::LookupQuery own(std::string_view sql) {
    Result<config::LookupQuery> query = config::LookupQuery::parse(sql);
    if (!query) std::abort();
    return std::move(*query);
}

LookupQueries make_own_queries() {
    const std::string user =
        "SELECT u.id, u.email, u.password, u.scram_keys, u.quota_mb, u.enabled, u.admin, u.services,"
        " u.app_passwords_only, u.must_change_password, u.created_at,"
        " m.usage_bytes, m.messages, m.last_updated"
        " FROM virtual_users u LEFT JOIN mailbox_usage m ON m.email = u.email";
    return {
        .domain = own("SELECT 1 FROM virtual_domains WHERE name = '%s' AND type = 'local'"),
        .relay_domain = own("SELECT recipients FROM virtual_domains WHERE name = '%s' AND type = 'relay'"),
        .relay_recipient = own("SELECT 1 FROM relay_recipients WHERE address = '%u'"),
        .user = own(user + " WHERE u.email = '%u'"),
        .app_passwords = own("SELECT p.id, p.name, p.password, p.scope, p.networks, p.expires_at, p.created_at,"
                             " p.last_used_at FROM app_passwords p JOIN virtual_users u ON u.id = p.user_id"
                             " WHERE u.email = '%u' ORDER BY p.id"),
        .alias = own("SELECT destination FROM virtual_aliases WHERE source = '%u' ORDER BY id"),
        .domain_alias = own("SELECT d.name FROM domain_aliases a JOIN virtual_domains d ON d.id = a.domain_id"
                            " WHERE a.name = '%d'"),
        .responsible = own("SELECT u.email FROM virtual_users u JOIN virtual_domains d ON d.id = u.domain_id"
                           " WHERE u.admin = 1 OR d.name = '%d'"
                           " ORDER BY u.admin DESC, CASE WHEN d.name = '%d' THEN 0 ELSE 1 END, u.id LIMIT 1"),
        .list = own("SELECT posters, owner FROM distribution_lists WHERE address = '%u'"),
        .list_posters = own("SELECT p.address FROM list_posters p JOIN distribution_lists l ON l.id = p.list_id"
                            " WHERE l.address = '%u' ORDER BY p.id"),
        .sender = own("SELECT DISTINCT u.email FROM send_as_grants g JOIN virtual_users u ON u.id = g.user_id"
                      " WHERE g.address IN ('%u', '@%d') ORDER BY u.email"),
        // The server that has a user's mail, where the user has no transport of its own.
        .transport = own("SELECT transport, '' FROM transports WHERE source = '%u' UNION ALL"
                         " SELECT '', host FROM virtual_users WHERE email = '%u' AND host <> ''"),
        .users = own(user + " JOIN virtual_domains d ON d.id = u.domain_id WHERE '%d' IN ('', d.name)"
                            " ORDER BY d.name, u.email"),
    };
}

}  // namespace

const LookupQueries& own_queries() {
    static const LookupQueries queries = make_own_queries();
    return queries;
}

Result<LookupQueries> configured_queries(const config::Config& config) {
    const auto& directory = config.directory;
    LookupQueries queries;
    if (directory.tables == "posthouse") queries = own_queries();
    struct Row {
        const char* name;
        const std::string& text;
        config::LookupQuery& query;
    };
    for (const Row& row : {Row{"domain_query", directory.domain_query, queries.domain},
                           Row{"relay_domain_query", directory.relay_domain_query, queries.relay_domain},
                           Row{"relay_recipient_query", directory.relay_recipient_query, queries.relay_recipient},
                           Row{"user_query", directory.user_query, queries.user},
                           Row{"app_passwords_query", directory.app_passwords_query, queries.app_passwords},
                           Row{"alias_query", directory.alias_query, queries.alias},
                           Row{"domain_alias_query", directory.domain_alias_query, queries.domain_alias},
                           Row{"responsible_query", directory.responsible_query, queries.responsible},
                           Row{"sender_query", directory.sender_query, queries.sender},
                           Row{"transport_query", directory.transport_query, queries.transport},
                           Row{"users_query", directory.users_query, queries.users}}) {
        if (row.text.empty()) continue;
        Result<config::LookupQuery> query = config::LookupQuery::parse(row.text);
        if (!query) return fail(ErrorCode::invalid, std::string("directory.") + row.name + ": " + query.error().text);
        row.query = std::move(*query);
    }
    return queries;
}

}  // namespace posthouse::auth
