// posthouse domain show
#include "cli/domain_show.h"

#include <CLI/Option.hpp>
#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>

#include "auth/directory/address.h"
#include "cli/address_steps.h"
#include "cli/open_directory.h"
#include "cli/output.h"
#include "cli/relay_domain.h"
#include "cli/table.h"

namespace posthouse::cli {
namespace {

Exit show_relayed(Context& context, const RelayedDomain& domain) {
    if (context.json)
        print_json(context, to_json(domain));
    else
        context.out << printable(domain.row.name) << ", since " << format_time(domain.row.created_at) << '\n'
                    << "  " << printable(sentence(domain)) << '\n';
    return Exit::ok;
}

Exit show(Context& context, const std::string& given) {
    const Result<std::string> name = auth::canonical_domain(given);
    if (!name) return report(context, name.error());
    const Result<config::Snapshot> config = context.config();
    if (!config) return report(context, config.error());
    Result<std::unique_ptr<auth::Directory>> directory = open_directory(context);
    if (!directory) return report(context, directory.error());
    const Result<std::vector<auth::Domain>> domains = (*directory)->domains();
    if (!domains) return report(context, domains.error());
    const auto domain = std::ranges::find(*domains, *name, &auth::Domain::name);
    if (domain == domains->end()) {
        const Result<std::vector<RelayedDomain>> relayed = relayed_domains(**directory);
        if (!relayed) return report(context, relayed.error());
        for (const RelayedDomain& one : *relayed)
            if (one.row.name == *name) return show_relayed(context, one);
    }
    if (domain == domains->end())
        return report(context, {ErrorCode::not_found, "Domain " + *name + " does not exist", {}});
    const Result<std::vector<auth::DomainAlias>> aliases = (*directory)->domain_aliases();
    if (!aliases) return report(context, aliases.error());
    const Result<std::vector<auth::DistributionList>> lists = (*directory)->distribution_lists().list(*name);
    if (!lists) return report(context, lists.error());
    const auth::ResolveSettings settings = auth::resolve_settings(**config);
    const Result<std::string> postmaster = recipients_of(**directory, "postmaster@" + *name, settings);
    if (!postmaster) return report(context, postmaster.error());
    const Result<std::string> abuse = recipients_of(**directory, "abuse@" + *name, settings);
    if (!abuse) return report(context, abuse.error());

    std::vector<std::string> names;
    for (const auth::DomainAlias& alias : *aliases) {
        if (alias.domain == *name) names.push_back(alias.name);
    }
    if (context.json) {
        print_json(context, {{"name", *name},
                             {"users", domain->users},
                             {"aliases", domain->aliases},
                             {"lists", lists->size()},
                             {"other_names", names},
                             {"postmaster", *postmaster},
                             {"abuse", *abuse},
                             {"created_at", domain->created_at}});
        return Exit::ok;
    }
    const auto line = [&](const std::string& what, const std::string& text) {
        context.out << "  " << what << std::string(12 - what.size(), ' ') << printable(text) << '\n';
    };
    context.out << printable(*name) << ", since " << format_time(domain->created_at) << '\n';
    line("users", std::to_string(domain->users));
    line("aliases", std::to_string(domain->aliases));
    line("lists", std::to_string(lists->size()));
    for (const std::string& other : names) line("other name", other);
    line("postmaster", *postmaster);
    line("abuse", *abuse);
    return Exit::ok;
}

}  // namespace

void add_domain_show_command(CLI::App& group, Context& context) {
    auto name = std::make_shared<std::string>();
    CLI::App* command =
        add_command(group, context, "show", "Show a domain, and who gets the mail for its postmaster and abuse",
                    "domain show example.org", [&context, name] { return show(context, *name); });
    command->add_option("name", *name, "The domain")->required();
}

}  // namespace posthouse::cli
