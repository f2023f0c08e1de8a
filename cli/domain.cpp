// posthouse domain add|list|set|show|remove, and domain alias add|list|remove; rename is in rename.cpp
#include <CLI/Option.hpp>
#include <array>
#include <nlohmann/json.hpp>
#include <ostream>

#include "auth/directory/address.h"
#include "cli/address_steps.h"
#include "cli/change.h"
#include "cli/command.h"
#include "cli/domain_show.h"
#include "cli/mail_disposal.h"
#include "cli/mail_folder.h"
#include "cli/open_directory.h"
#include "cli/output.h"
#include "cli/relay_domain.h"
#include "cli/rename.h"
#include "cli/sending_limit.h"
#include "cli/sessions.h"
#include "cli/table.h"

namespace posthouse::cli {
namespace {

struct Options {
    std::string name;
    std::string alias;
    MailDisposal mail;
    RelayOptions relay;
    SendingLimitOptions limits;
};

Exit add(Context& context, const Options& options) {
    const Result<std::string> name = auth::canonical_domain(options.name);
    if (!name) return report(context, name.error());
    if (options.relay.type == "relay") return add_relay_domain(context, *name, options.relay);
    if (options.relay.recipients || options.relay.transport)
        return report(context, {ErrorCode::invalid, "--recipients and --transport are for --type relay", {}});
    const Result<config::Snapshot> config = context.config();
    if (!config) return report(context, config.error());
    Result<Change> change = Change::begin(context);
    if (!change) return report(context, change.error());
    if (const Result<> added = change->directory().add_domain(*name); !added) return report(context, added.error());
    if (const Result<> kept = change->commit("domain.add", *name); !kept) return report(context, kept.error());
    forget_moves(context, std::array{*name});
    const Result<std::string> postmaster =
        recipients_of(change->directory(), "postmaster@" + *name, auth::resolve_settings(**config));
    if (!postmaster) return report(context, postmaster.error());
    return done(context,
                "Domain " + *name + " added. Mail for postmaster@ and abuse@ goes to " +
                    (*postmaster == "nobody" ? "its first user." : *postmaster + '.'),
                {{"domain", *name}, {"postmaster", *postmaster}});
}

Exit list(Context& context) {
    const Result<config::Snapshot> config = context.config();
    if (!config) return report(context, config.error());
    const auth::ResolveSettings settings = auth::resolve_settings(**config);
    Result<std::unique_ptr<auth::Directory>> directory = open_directory(context);
    if (!directory) return report(context, directory.error());
    const Result<std::vector<auth::Domain>> domains = (*directory)->domains();
    if (!domains) return report(context, domains.error());
    const Result<std::vector<RelayedDomain>> relayed = relayed_domains(**directory);
    if (!relayed) return report(context, relayed.error());
    if (context.json) {
        nlohmann::json rows = nlohmann::json::array();
        for (const auto& domain : *domains) {
            const Result<std::string> postmaster = recipients_of(**directory, "postmaster@" + domain.name, settings);
            if (!postmaster) return report(context, postmaster.error());
            rows.push_back({{"name", domain.name},
                            {"type", "local"},
                            {"postmaster", *postmaster},
                            {"users", domain.users},
                            {"aliases", domain.aliases},
                            {"created_at", domain.created_at}});
        }
        for (const RelayedDomain& domain : *relayed) rows.push_back(to_json(domain));
        print_json(context, rows);
        return Exit::ok;
    }
    Table table({"DOMAIN", "USERS", "ALIASES", "CREATED", "POSTMASTER"});
    for (const auto& domain : *domains) {
        const Result<std::string> postmaster = recipients_of(**directory, "postmaster@" + domain.name, settings);
        if (!postmaster) return report(context, postmaster.error());
        table.add({domain.name, std::to_string(domain.users), std::to_string(domain.aliases),
                   format_time(domain.created_at), *postmaster});
    }
    for (const RelayedDomain& domain : *relayed)
        table.add({domain.row.name, "-", "-", format_time(domain.row.created_at), sentence(domain)});
    table.print_or("No domains.", context.out);
    return Exit::ok;
}

Exit set(Context& context, const Options& options) {
    const Result<std::string> name = auth::canonical_domain(options.name);
    if (!name) return report(context, name.error());
    if (!options.limits.given())
        return report(context, {ErrorCode::invalid, "What to set? --help lists the options", {}});
    if (const Result<> numbers = check(options.limits); !numbers) return report(context, numbers.error());
    Result<Change> change = Change::begin_existing(context);
    if (!change) return report(context, change.error());
    const Result<bool> known = change->directory().has_domain(*name);
    if (!known) return report(context, known.error());
    if (!*known) return report(context, {ErrorCode::not_found, "Domain " + *name + " does not exist", {}});
    const Result<auth::SendingLimit> limit = change_sending_limit(change->directory(), '@' + *name, options.limits);
    if (!limit) return report(context, limit.error());
    if (const Result<> kept = change->commit("domain.set", *name, "sending limits " + in_words(*limit)); !kept)
        return report(context, kept.error());
    return done(context, "Sending limits of the users of " + *name + " together: " + in_words(*limit) + '.',
                {{"domain", *name}, {"sending_limits", to_json(*limit)}});
}

Exit remove(Context& context, const Options& options) {
    const Result<std::string> name = auth::canonical_domain(options.name);
    if (!name) return report(context, name.error());
    Result<std::unique_ptr<auth::Directory>> directory = open_directory(context);
    if (!directory) return report(context, directory.error());
    const Result<bool> known = (*directory)->has_domain(*name);
    if (!known) return report(context, known.error());
    if (!*known) return remove_relay_domain(context, std::move(*directory), *name);
    const Result<std::vector<auth::User>> users = (*directory)->users(*name);
    if (!users) return report(context, users.error());

    // What goes with the domain can't be had back: ask, unless it is empty.
    if (const Result<> possible = check_disposal(options.mail); !possible) return report(context, possible.error());
    if (!users->empty() || options.mail.takes_mail()) {
        const std::string mail = options.mail.remove            ? " WITH ALL THEIR MAIL?"
                                 : options.mail.archive.empty() ? "? (Their mail stays on disk.)"
                                                                : "? (Their mail is archived.)";
        const std::string what =
            "Remove domain " + *name + " and its " + std::to_string(users->size()) + " users" + mail;
        if (const Exit answer = confirm(context, what); answer != Exit::ok) return answer;
    }
    Result<Change> change = Change::begin(context, std::move(*directory));
    if (!change) return report(context, change.error());
    const Result<std::string> document = document_of(change->directory(), options.mail, *name);
    if (!document) return report(context, document.error());
    if (const Result<> removed = change->directory().remove_domain(*name); !removed)
        return report(context, removed.error());
    std::string details = std::to_string(users->size()) + " users";
    if (options.mail.takes_mail()) details += ", " + options.mail.details();
    if (const Result<> kept = change->commit("domain.remove", *name, details); !kept)
        return report(context, kept.error());
    end_sessions(context, {'@' + *name});
    if (const Result<> disposed = dispose_of_mail(context, options.mail, *name, *document); !disposed)
        return report(context, disposed.error());
    return done(context, "Domain " + *name + " removed.",
                {{"domain", *name}, {"mail_deleted", options.mail.takes_mail()}, {"archive", options.mail.archive}});
}

// domain alias add|list|remove: other names of a domain

Exit add_alias(Context& context, const Options& options) {
    const Result<std::string> alias = auth::canonical_domain(options.alias);
    if (!alias) return report(context, alias.error());
    const Result<std::string> name = auth::canonical_domain(options.name);
    if (!name) return report(context, name.error());
    Result<Change> change = Change::begin(context);
    if (!change) return report(context, change.error());
    if (const Result<> added = change->directory().add_domain_alias(*alias, *name); !added)
        return report(context, added.error());
    if (const Result<> kept = change->commit("domain.alias.add", *alias, "of " + *name); !kept)
        return report(context, kept.error());
    return done(context, "Mail for " + *alias + " goes to the same addresses at " + *name + ".",
                {{"alias", *alias}, {"domain", *name}});
}

Exit list_aliases(Context& context) {
    Result<std::unique_ptr<auth::Directory>> directory = open_directory(context);
    if (!directory) return report(context, directory.error());
    const Result<std::vector<auth::DomainAlias>> aliases = (*directory)->domain_aliases();
    if (!aliases) return report(context, aliases.error());
    if (context.json) {
        nlohmann::json rows = nlohmann::json::array();
        for (const auto& alias : *aliases)
            rows.push_back({{"alias", alias.name}, {"domain", alias.domain}, {"created_at", alias.created_at}});
        print_json(context, rows);
        return Exit::ok;
    }
    Table table({"ALIAS", "DOMAIN", "CREATED"});
    for (const auto& alias : *aliases) table.add({alias.name, alias.domain, format_time(alias.created_at)});
    table.print_or("No alias domains.", context.out);
    return Exit::ok;
}

Exit remove_alias(Context& context, const Options& options) {
    const Result<std::string> alias = auth::canonical_domain(options.alias);
    if (!alias) return report(context, alias.error());
    Result<Change> change = Change::begin(context);
    if (!change) return report(context, change.error());
    if (const Result<> removed = change->directory().remove_domain_alias(*alias); !removed)
        return report(context, removed.error());
    if (const Result<> kept = change->commit("domain.alias.remove", *alias); !kept)
        return report(context, kept.error());
    return done(context, "Domain alias " + *alias + " removed.", {{"alias", *alias}});
}

}  // namespace

void add_domain_commands(CLI::App& app, Context& context) {
    CLI::App* group = add_group(app, "domain", "Domains that this server receives mail for");
    auto options = std::make_shared<Options>();

    CLI::App* command = add_command(*group, context, "add", "Receive mail for a domain", "domain add example.org",
                                    [&context, options] { return add(context, *options); });
    command->add_option("name", options->name, "The domain")->required();
    add_relay_options(*command, options->relay);

    add_command(*group, context, "list", "List all domains", "domain list --json",
                [&context] { return list(context); });

    command = add_command(*group, context, "set", "Change how much the users of a domain may send together",
                          "domain set example.org --recipients-per-day 20000",
                          [&context, options] { return set(context, *options); });
    command->add_option("name", options->name, "The domain")->required();
    add_sending_limit_options(*command, options->limits);

    add_domain_rename(*group, context);

    add_domain_show_command(*group, context);

    command = add_command(*group, context, "remove", "Remove a domain with its users and aliases",
                          "domain remove example.org", [&context, options] { return remove(context, *options); });
    command->add_option("name", options->name, "The domain")->required();
    add_mail_options(*command, options->mail);

    add_relay_recipient_commands(*group, context);

    CLI::App* aliases = add_group(*group, "alias", "Other names of a domain");
    command = add_command(*aliases, context, "add", "Receive mail for another name of a domain",
                          "domain alias add example.net example.org",
                          [&context, options] { return add_alias(context, *options); });
    command->add_option("alias", options->alias, "The other name")->required();
    command->add_option("name", options->name, "The domain that has the users")->required();
    add_command(*aliases, context, "list", "List other names", "domain alias list",
                [&context] { return list_aliases(context); });
    command =
        add_command(*aliases, context, "remove", "Remove another name of a domain", "domain alias remove example.net",
                    [&context, options] { return remove_alias(context, *options); });
    command->add_option("alias", options->alias, "The other name")->required();
}

}  // namespace posthouse::cli
