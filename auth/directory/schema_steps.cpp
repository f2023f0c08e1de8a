// The steps of the schema. Tables and columns have the names that administrators know from tutorials.
// Names and addresses are stored as address.h gives them, times as seconds since 1970.
#include "auth/directory/schema_steps.h"

namespace posthouse::auth {
namespace {

const SchemaStep domains_users_aliases{
    R"(CREATE TABLE {if_missing} virtual_domains (
    id {id},
    name {text:255} NOT NULL UNIQUE,
    created_at {integer} NOT NULL {now}
){table})",
    R"(CREATE TABLE {if_missing} virtual_users (
    id {id},
    domain_id {integer} NOT NULL REFERENCES virtual_domains(id) ON DELETE CASCADE,
    email {text:320} NOT NULL UNIQUE,
    password {text:1024} NOT NULL,
    quota_mb {integer} NOT NULL DEFAULT 0 CHECK (quota_mb >= 0),
    enabled {integer} NOT NULL DEFAULT 1 CHECK (enabled IN (0, 1)),
    admin {integer} NOT NULL DEFAULT 0 CHECK (admin IN (0, 1)),
    created_at {integer} NOT NULL {now},
    password_changed_at {integer} NOT NULL {now}
){table})",
    "CREATE INDEX {if_missing} virtual_users_domain ON virtual_users(domain_id, id)",
    R"(CREATE TABLE {if_missing} virtual_aliases (
    id {id},
    domain_id {integer} NOT NULL REFERENCES virtual_domains(id) ON DELETE CASCADE,
    source {text:320} NOT NULL,
    destination {text:320} NOT NULL,
    created_at {integer} NOT NULL {now},
    UNIQUE (source, destination)
){table})",
    "CREATE INDEX {if_missing} virtual_aliases_domain ON virtual_aliases(domain_id, id)",
    R"(CREATE TABLE {if_missing} mailbox_usage (
    email {text:320} NOT NULL PRIMARY KEY REFERENCES virtual_users(email) ON DELETE CASCADE ON UPDATE CASCADE,
    usage_mb {integer} NOT NULL,
    last_updated {integer} NOT NULL
){table})",
};

const SchemaStep people_and_their_rights{
    // Who owns domains, where one server has several customers.
    R"(CREATE TABLE {if_missing} tenants (
    id {id},
    name {text:255} NOT NULL UNIQUE,
    created_at {integer} NOT NULL {now}
){table})",
    "ALTER TABLE virtual_domains ADD COLUMN {if_missing} tenant_id {integer} NULL"
    " REFERENCES tenants(id) ON DELETE SET NULL",
    // Another name of a domain: what is sent to joe@name goes to joe@ that domain.
    R"(CREATE TABLE {if_missing} domain_aliases (
    id {id},
    domain_id {integer} NOT NULL REFERENCES virtual_domains(id) ON DELETE CASCADE,
    name {text:255} NOT NULL UNIQUE,
    created_at {integer} NOT NULL {now}
){table})",
    // The server that has the user's mail; empty: this one.
    "ALTER TABLE virtual_users ADD COLUMN {if_missing} host {text:255} NOT NULL DEFAULT ''",
    // What somebody may administrate: all (domain and tenant NULL), one tenant's domains, or one domain.
    R"(CREATE TABLE {if_missing} user_roles (
    id {id},
    user_id {integer} NOT NULL REFERENCES virtual_users(id) ON DELETE CASCADE,
    role {text:32} NOT NULL CHECK (role IN ('admin', 'auditor')),
    tenant_id {integer} NULL REFERENCES tenants(id) ON DELETE CASCADE,
    domain_id {integer} NULL REFERENCES virtual_domains(id) ON DELETE CASCADE
){table})",
    // Addresses, or @domain, that a user may send as beside the own ones.
    R"(CREATE TABLE {if_missing} send_as_grants (
    id {id},
    user_id {integer} NOT NULL REFERENCES virtual_users(id) ON DELETE CASCADE,
    address {text:320} NOT NULL,
    created_at {integer} NOT NULL {now},
    UNIQUE (user_id, address)
){table})",
    // Further passwords of a user, each for some services ("imap pop3 smtp http", separated by spaces; empty: all) and
    // networks (CIDR, separated by spaces; empty: all), until a time (NULL: for ever).
    R"(CREATE TABLE {if_missing} app_passwords (
    id {id},
    user_id {integer} NOT NULL REFERENCES virtual_users(id) ON DELETE CASCADE,
    name {text:255} NOT NULL,
    password {text:1024} NOT NULL,
    scope {text:255} NOT NULL DEFAULT '',
    networks {text:1024} NOT NULL DEFAULT '',
    expires_at {integer} NULL,
    created_at {integer} NOT NULL {now},
    last_used_at {integer} NULL,
    UNIQUE (user_id, name)
){table})",
    // Of an address or a @domain; NULL: no limit of its own.
    R"(CREATE TABLE {if_missing} sending_limits (
    id {id},
    address {text:320} NOT NULL UNIQUE,
    messages_per_hour {integer} NULL CHECK (messages_per_hour >= 0),
    recipients_per_hour {integer} NULL CHECK (recipients_per_hour >= 0),
    recipients_per_message {integer} NULL CHECK (recipients_per_message >= 0)
){table})",
    // Who did what when. `subject` is an address or a domain.
    R"(CREATE TABLE {if_missing} audit_log (
    id {id},
    at {integer} NOT NULL {now},
    actor {text:255} NOT NULL,
    action {text:64} NOT NULL,
    subject {text:320} NOT NULL,
    details {text:2048} NOT NULL DEFAULT ''
){table})",
    "CREATE INDEX {if_missing} audit_log_subject ON audit_log(subject, id)",
};

const SchemaStep exact_usage{
    "ALTER TABLE mailbox_usage ADD COLUMN {if_missing} usage_bytes {integer} NOT NULL DEFAULT 0",
    "ALTER TABLE mailbox_usage ADD COLUMN {if_missing} messages {integer} NOT NULL DEFAULT 0",
    "UPDATE mailbox_usage SET usage_bytes = usage_mb * 1048576 WHERE usage_bytes = 0",
};

const SchemaStep what_users_may{
    // The services that a user may log in to, as in app_passwords.scope; empty: all.
    "ALTER TABLE virtual_users ADD COLUMN {if_missing} services {text:255} NOT NULL DEFAULT ''",
    // Mail programs must use app passwords; the password itself serves for the web only.
    "ALTER TABLE virtual_users ADD COLUMN {if_missing} app_passwords_only {integer} NOT NULL DEFAULT 0"
    " CHECK (app_passwords_only IN (0, 1))",
    // A first password, or one that was set for the user: to be changed before it serves for mail.
    "ALTER TABLE virtual_users ADD COLUMN {if_missing} must_change_password {integer} NOT NULL DEFAULT 0"
    " CHECK (must_change_password IN (0, 1))",
    // SCRAM keys of the same password, beside its hash; empty: none.
    "ALTER TABLE virtual_users ADD COLUMN {if_missing} scram_keys {text:1024} NOT NULL DEFAULT ''",
    // Where mail for an address, a domain or a domain's subdomains (".example.org") is handed to, in Postfix's words:
    // "smtp:[relay.example]:587", "lmtp:unix:/run/x".
    R"(CREATE TABLE {if_missing} transports (
    id {id},
    source {text:320} NOT NULL UNIQUE,
    transport {text:1024} NOT NULL,
    created_at {integer} NOT NULL {now}
){table})",
    // Addresses that are lists: their members are the destinations in virtual_aliases.
    R"(CREATE TABLE {if_missing} distribution_lists (
    id {id},
    domain_id {integer} NOT NULL REFERENCES virtual_domains(id) ON DELETE CASCADE,
    address {text:320} NOT NULL UNIQUE,
    description {text:1024} NOT NULL DEFAULT '',
    created_at {integer} NOT NULL {now}
){table})",
};

const SchemaStep relay_domains_and_posters{
    // local: its addresses are ours; relay: its mail is taken from everybody and passed on.
    "ALTER TABLE virtual_domains ADD COLUMN {if_missing} type {text:16} NOT NULL DEFAULT 'local'"
    " CHECK (type IN ('local', 'relay'))",
    // Of a relay domain: mail is taken for any address, or for those listed in relay_recipients.
    "ALTER TABLE virtual_domains ADD COLUMN {if_missing} recipients {text:16} NOT NULL DEFAULT 'any'"
    " CHECK (recipients IN ('any', 'listed'))",
    R"(CREATE TABLE {if_missing} relay_recipients (
    id {id},
    domain_id {integer} NOT NULL REFERENCES virtual_domains(id) ON DELETE CASCADE,
    address {text:320} NOT NULL UNIQUE,
    created_at {integer} NOT NULL {now}
){table})",
    // Who may send to a list beside its owner and those in list_posters.
    "ALTER TABLE distribution_lists ADD COLUMN {if_missing} posters {text:16} NOT NULL DEFAULT 'anyone'"
    " CHECK (posters IN ('anyone', 'authenticated', 'domain', 'members', 'listed'))",
    // Who gets the mail for <list>-owner@, bounces of members' mail among it; empty: there is no such address.
    "ALTER TABLE distribution_lists ADD COLUMN {if_missing} owner {text:320} NOT NULL DEFAULT ''",
    // Addresses, or @domain, that may send to a list.
    R"(CREATE TABLE {if_missing} list_posters (
    id {id},
    list_id {integer} NOT NULL REFERENCES distribution_lists(id) ON DELETE CASCADE,
    address {text:320} NOT NULL,
    created_at {integer} NOT NULL {now},
    UNIQUE (list_id, address)
){table})",
};

const SchemaStep limits_of_days{
    // Of an address or a @domain; NULL: no limit of its own.
    "ALTER TABLE sending_limits ADD COLUMN {if_missing} messages_per_day {integer} NULL CHECK (messages_per_day >= 0)",
    "ALTER TABLE sending_limits ADD COLUMN {if_missing} recipients_per_day {integer} NULL"
    " CHECK (recipients_per_day >= 0)",
};

}  // namespace

std::span<const SchemaStep> schema_steps() {
    static const std::vector<SchemaStep> steps{domains_users_aliases, people_and_their_rights,   exact_usage,
                                               what_users_may,        relay_domains_and_posters, limits_of_days};
    return steps;
}

}  // namespace posthouse::auth
