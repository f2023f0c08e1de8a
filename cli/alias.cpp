// posthouse alias add|list|remove
#include <CLI/Option.hpp>
#include <nlohmann/json.hpp>
#include <ostream>

#include "auth/directory/address.h"
#include "auth/directory/resolve.h"
#include "cli/change.h"
#include "cli/command.h"
#include "cli/open_directory.h"
#include "cli/output.h"
#include "cli/table.h"

namespace posthouse::cli {
namespace {

constexpr std::size_t max_listed = 2000;  // bytes in the audit log

struct Options {
    std::string source;
    std::vector<std::string> destinations;
    std::string domain;
};

struct Parsed {
    std::string source;
    std::vector<std::string> destinations;
};

Result<Parsed> parse(const Options& options, auth::LocalPart local_part) {
    const Result<auth::MailAddress> source = auth::parse_alias_source(options.source, local_part);
    if (!source) return fail(source.error());
    Parsed parsed{source->text(), {}};
    for (const std::string& text : options.destinations) {
        const Result<auth::MailAddress> destination = auth::parse_alias_destination(text, local_part);
        if (!destination) return fail(destination.error());
        if (destination->local.empty() && !source->local.empty())
            return fail(ErrorCode::invalid, "Only an alias of a whole @domain can lead to an @domain");
        parsed.destinations.push_back(destination->text());
    }
    return parsed;
}

std::string listed(const std::vector<std::string>& destinations) {
    std::string text;
    for (const std::string& destination : destinations) text += (text.empty() ? "" : ", ") + destination;
    return text.substr(0, max_listed);
}

/// Lists have commands of their own. Errors: invalid.
Result<> require_no_list(auth::Directory& directory, const std::string& source, const std::string& command) {
    const Result<std::optional<auth::ListRules>> list = directory.find_list(source);
    if (!list) return fail(list.error());
    if (!*list) return {};
    return fail(ErrorCode::invalid, source + " is a list: use posthouse list member " + command);
}

/// Of a destination here that nobody has: a typing error, or somebody who comes later.
void tell_if_missing(Context& context, auth::Directory& directory, const std::string& destination) {
    const Result<config::Snapshot> config = context.config();
    if (!config || context.json || destination.starts_with('@')) return;
    const Result<auth::Resolution> found = auth::resolve(directory, destination, auth::resolve_settings(**config));
    if (found || found.error().code != ErrorCode::not_found) return;
    context.err << "Note: nobody has the address " << printable(destination) << " yet; mail for it will be returned.\n";
}

Exit add(Context& context, const Options& options) {
    const Result<Parsed> parsed = parse(options, local_part(context));
    if (!parsed) return report(context, parsed.error());
    Result<Change> change = Change::begin(context);
    if (!change) return report(context, change.error());
    auth::Directory& directory = change->directory();
    if (const Result<> alias = require_no_list(directory, parsed->source, "add"); !alias)
        return report(context, alias.error());
    for (const std::string& destination : parsed->destinations) {
        if (const Result<> added = directory.add_alias(parsed->source, destination); !added)
            return report(context, added.error());
    }
    const Result<std::optional<auth::User>> user = directory.find_user(parsed->source);
    const Result<std::vector<std::string>> all = directory.alias_destinations(parsed->source, 100000);
    if (!user) return report(context, user.error());
    if (!all) return report(context, all.error());
    if (const Result<> kept = change->commit("alias.add", parsed->source, listed(parsed->destinations)); !kept)
        return report(context, kept.error());
    if (*user && std::ranges::find(*all, parsed->source) == all->end() && !context.json) {
        context.err
            << "Note: " << printable(parsed->source)
            << " is a user too, and gets no mail any more. To keep a copy, add the address itself as a destination.\n";
    }
    for (const std::string& destination : parsed->destinations) tell_if_missing(context, directory, destination);
    return done(context, "Alias " + parsed->source + " added.",
                {{"source", parsed->source}, {"destinations", parsed->destinations}});
}

Exit list(Context& context, const Options& options) {
    const Result<std::string> domain = wanted_domain(options.domain);
    if (!domain) return report(context, domain.error());
    Result<std::unique_ptr<auth::Directory>> directory = open_directory(context);
    if (!directory) return report(context, directory.error());
    const Result<std::vector<auth::Alias>> aliases = (*directory)->aliases(*domain);
    if (!aliases) return report(context, aliases.error());
    if (context.json) {
        nlohmann::json rows = nlohmann::json::array();
        for (const auto& alias : *aliases) {
            rows.push_back(
                {{"source", alias.source}, {"destination", alias.destination}, {"created_at", alias.created_at}});
        }
        print_json(context, rows);
        return Exit::ok;
    }
    Table table({"ALIAS", "DESTINATION", "CREATED"});
    for (const auto& alias : *aliases) table.add({alias.source, alias.destination, format_time(alias.created_at)});
    table.print_or("No aliases.", context.out);
    return Exit::ok;
}

Exit remove(Context& context, const Options& options) {
    Result<Parsed> parsed = parse(options, local_part(context));
    if (!parsed) return report(context, parsed.error());
    const bool all = parsed->destinations.empty();
    if (all) parsed->destinations.emplace_back();  // no destination in particular: every one
    Result<Change> change = Change::begin_existing(context);
    if (!change) return report(context, change.error());
    if (const Result<> alias = require_no_list(change->directory(), parsed->source, "remove"); !alias)
        return report(context, alias.error());
    for (const std::string& destination : parsed->destinations) {
        if (const Result<> removed = change->directory().remove_alias(parsed->source, destination); !removed)
            return report(context, removed.error());
    }
    const std::string destinations = listed(parsed->destinations);
    if (const Result<> kept = change->commit("alias.remove", parsed->source, destinations); !kept)
        return report(context, kept.error());
    if (all) return done(context, "Alias " + parsed->source + " removed.", {{"source", parsed->source}});
    return done(context, "Alias " + parsed->source + " does not lead to " + destinations + " any more.",
                {{"source", parsed->source}, {"destinations", parsed->destinations}});
}

}  // namespace

void add_alias_commands(CLI::App& app, Context& context) {
    CLI::App* group = add_group(app, "alias", "Addresses that lead to other addresses");
    auto options = std::make_shared<Options>();

    CLI::App* command = add_command(*group, context, "add", "Lead an address, or all others of a @domain, elsewhere",
                                    "alias add info@example.org joe@example.org ann@example.net",
                                    [&context, options] { return add(context, *options); });
    command->add_option("source", options->source, "Address, or @domain for every address nobody has")->required();
    command->add_option("destinations", options->destinations, "Where its mail goes: addresses, here or elsewhere")
        ->required();

    command = add_command(*group, context, "list", "List aliases", "alias list --domain example.org",
                          [&context, options] { return list(context, *options); });
    command->add_option("--domain", options->domain, "Only of this domain")->type_name("DOMAIN");

    command = add_command(*group, context, "remove", "Remove an alias, or some of its destinations",
                          "alias remove info@example.org ann@example.net",
                          [&context, options] { return remove(context, *options); });
    command->add_option("source", options->source, "Address or @domain")->required();
    command->add_option("destinations", options->destinations, "Only these destinations; without any the whole alias");
}

}  // namespace posthouse::cli
