// posthouse domain add --type relay, and domain recipient add|list|remove
#include "cli/relay_domain.h"

#include <CLI/Option.hpp>
#include <CLI/Validators.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>
#include <ostream>
#include <utility>

#include "auth/directory/address.h"
#include "cli/change.h"
#include "cli/open_directory.h"
#include "cli/output.h"
#include "cli/table.h"

namespace posthouse::cli {
namespace {

constexpr std::size_t max_listed = 2000;  // bytes in the audit log

struct Options {
    std::string domain;
    std::vector<std::string> addresses;
};

Result<RelayedDomain> find(auth::Directory& directory, const std::string& name) {
    Result<std::vector<RelayedDomain>> all = relayed_domains(directory);
    if (!all) return fail(all.error());
    const auto found =
        std::ranges::find_if(*all, [&name](const RelayedDomain& domain) { return domain.row.name == name; });
    if (found == all->end()) return fail(ErrorCode::not_found, "Domain " + name + " does not exist");
    return std::move(*found);
}

Exit change_recipients(Context& context, const Options& options, bool add) {
    std::vector<std::string> addresses;
    for (const std::string& text : options.addresses) {
        const Result<auth::MailAddress> address = auth::parse_address(text, local_part(context));
        if (!address) return report(context, address.error());
        addresses.push_back(address->text());
    }
    Result<Change> change = Change::begin_existing(context);
    if (!change) return report(context, change.error());
    auth::RelayDomains& domains = change->directory().relay_domains();
    std::string all;
    for (const std::string& address : addresses) {
        const Result<> changed = add ? domains.add_recipient(address) : domains.remove_recipient(address);
        if (!changed) return report(context, changed.error());
        all += (all.empty() ? "" : ", ") + address;
    }
    const Result<> kept = change->commit(add ? "domain.recipient.add" : "domain.recipient.remove", addresses.front(),
                                         all.substr(0, max_listed));
    if (!kept) return report(context, kept.error());
    return done(context, add ? "Mail for " + all + " is taken." : "Mail for " + all + " is not taken by name any more.",
                {{"recipients", addresses}});
}

Exit list_recipients(Context& context, const Options& options) {
    const Result<std::string> name = auth::canonical_domain(options.domain);
    if (!name) return report(context, name.error());
    Result<std::unique_ptr<auth::Directory>> directory = open_directory(context);
    if (!directory) return report(context, directory.error());
    const Result<RelayedDomain> domain = find(**directory, *name);
    if (!domain) return report(context, domain.error());
    const Result<std::vector<std::string>> all = (*directory)->relay_domains().recipients(*name);
    if (!all) return report(context, all.error());
    if (context.json) {
        print_json(context, *all);
        return Exit::ok;
    }
    for (const std::string& address : *all) context.out << printable(address) << '\n';
    if (domain->row.recipients == auth::RelayRecipients::any)
        context.err << "Note: mail for all addresses of " << printable(*name) << " is taken, whether listed or not\n";
    return Exit::ok;
}

Exit set_recipients(Context& context, const Options& options) {
    const Result<std::string> name = auth::canonical_domain(options.domain);
    if (!name) return report(context, name.error());
    const Result<auth::RelayRecipients> recipients = auth::parse_relay_recipients(options.addresses.front());
    if (!recipients) return report(context, recipients.error());
    Result<Change> change = Change::begin_existing(context);
    if (!change) return report(context, change.error());
    const Result<> set = change->directory().relay_domains().set_recipients(*name, *recipients);
    if (!set) return report(context, set.error());
    const std::string word(auth::to_string(*recipients));
    if (const Result<> kept = change->commit("domain.recipient.set", *name, word); !kept)
        return report(context, kept.error());
    return done(context, "Recipients of " + *name + ": " + word + '.', {{"domain", *name}, {"recipients", word}});
}

}  // namespace

void add_relay_options(CLI::App& command, RelayOptions& options) {
    command
        .add_option("--type", options.type,
                    "local: its users are here; relay: its mail is taken from everybody and passed on")
        ->type_name("TYPE")
        ->capture_default_str()
        ->check(CLI::IsMember({"local", "relay"}));
    command
        .add_option("--recipients", options.recipients,
                    "Of a relay domain: mail is taken for any address, or for those listed (domain recipient add)")
        ->type_name("WHICH")
        ->check(CLI::IsMember({"any", "listed"}));
    command
        .add_option("--transport", options.transport,
                    "Where mail of a relay domain goes, such as smtp:[192.0.2.5]:25; without it by its MX")
        ->type_name("TRANSPORT");
}

Exit add_relay_domain(Context& context, const std::string& name, const RelayOptions& options) {
    const Result<auth::RelayRecipients> recipients = auth::parse_relay_recipients(options.recipients.value_or("any"));
    if (!recipients) return report(context, recipients.error());
    std::string transport;
    if (options.transport) {
        Result<std::string> parsed = auth::parse_transport(*options.transport);
        if (!parsed) return report(context, parsed.error());
        transport = std::move(*parsed);
    }
    Result<Change> change = Change::begin(context);
    if (!change) return report(context, change.error());
    if (const Result<> added = change->directory().relay_domains().add(name, *recipients); !added)
        return report(context, added.error());
    if (!transport.empty()) {
        const Result<> added = change->directory().transports().add(name, transport);
        if (!added) return report(context, added.error());
    }
    const std::string details = "relay" + (transport.empty() ? std::string() : " by " + transport);
    if (const Result<> kept = change->commit("domain.add", name, details); !kept) return report(context, kept.error());
    const Result<RelayedDomain> domain = find(change->directory(), name);
    if (!domain) return report(context, domain.error());
    return done(context, "Domain " + name + " added: " + sentence(*domain) + '.', to_json(*domain));
}

Exit remove_relay_domain(Context& context, std::unique_ptr<auth::Directory> directory, const std::string& name) {
    const Result<RelayedDomain> domain = find(*directory, name);
    if (!domain) return report(context, domain.error());
    if (domain->row.listed > 0) {
        const Exit answer = confirm(context, "Remove domain " + name + " and its " +
                                                 std::to_string(domain->row.listed) + " listed recipients?");
        if (answer != Exit::ok) return answer;
    }
    Result<Change> change = Change::begin(context, std::move(directory));
    if (!change) return report(context, change.error());
    if (const Result<> removed = change->directory().remove_domain(name); !removed)
        return report(context, removed.error());
    if (!domain->transport.empty()) {
        const Result<> removed = change->directory().transports().remove(name);
        if (!removed) return report(context, removed.error());
    }
    if (const Result<> kept = change->commit("domain.remove", name, "relay"); !kept)
        return report(context, kept.error());
    return done(context, "Domain " + name + " removed.", {{"domain", name}});
}

Result<std::vector<RelayedDomain>> relayed_domains(auth::Directory& directory) {
    Result<std::vector<auth::RelayDomain>> rows = directory.relay_domains().list();
    if (!rows) return fail(rows.error());
    std::vector<RelayedDomain> all;
    for (auth::RelayDomain& row : *rows) {
        Result<std::optional<std::string>> transport = directory.transport(row.name);
        if (!transport) return fail(transport.error());
        all.push_back({std::move(row), transport->value_or("")});
    }
    return all;
}

std::string sentence(const RelayedDomain& domain) {
    const std::string recipients =
        domain.row.recipients == auth::RelayRecipients::any
            ? "for any recipient"
            : "for " + std::to_string(domain.row.listed) + " listed recipient" + (domain.row.listed == 1 ? "" : "s");
    return "passed on by " + (domain.transport.empty() ? "its MX" : domain.transport) + ", " + recipients;
}

nlohmann::json to_json(const RelayedDomain& domain) {
    return {{"name", domain.row.name},
            {"type", "relay"},
            {"recipients", auth::to_string(domain.row.recipients)},
            {"listed", domain.row.listed},
            {"transport", domain.transport},
            {"created_at", domain.row.created_at}};
}

void add_relay_recipient_commands(CLI::App& domain, Context& context) {
    auto options = std::make_shared<Options>();
    CLI::App* group = add_group(domain, "recipient", "Addresses of a relay domain that mail is taken for");
    CLI::App* command =
        add_command(*group, context, "add", "Take mail for addresses", "domain recipient add joe@branch.example",
                    [&context, options] { return change_recipients(context, *options, true); });
    command->add_option("addresses", options->addresses, "The addresses")->required();
    command = add_command(*group, context, "remove", "Take no mail for addresses any more",
                          "domain recipient remove joe@branch.example",
                          [&context, options] { return change_recipients(context, *options, false); });
    command->add_option("addresses", options->addresses, "The addresses")->required();
    command = add_command(*group, context, "list", "Show the listed addresses", "domain recipient list branch.example",
                          [&context, options] { return list_recipients(context, *options); });
    command->add_option("domain", options->domain, "The relay domain")->required();
    command = add_command(*group, context, "set", "Take mail for any address, or for those listed only",
                          "domain recipient set branch.example listed",
                          [&context, options] { return set_recipients(context, *options); });
    command->add_option("domain", options->domain, "The relay domain")->required();
    command->add_option("which", options->addresses, "any or listed")->required()->expected(1);
}

}  // namespace posthouse::cli
