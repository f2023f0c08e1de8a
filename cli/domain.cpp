// posthouse domain add|list|remove
#include <CLI/Option.hpp>
#include <nlohmann/json.hpp>
#include <ostream>

#include "auth/directory/address.h"
#include "cli/command.h"
#include "cli/mail_folder.h"
#include "cli/open_directory.h"
#include "cli/output.h"
#include "cli/table.h"

namespace posthouse::cli {
namespace {

struct Options {
    std::string name;
    bool delete_mail = false;
};

Exit add(Context& context, const Options& options) {
    const Result<std::string> name = auth::canonical_domain(options.name);
    if (!name) return report(context, name.error());
    Result<std::unique_ptr<auth::Directory>> directory = create_directory(context);
    if (!directory) return report(context, directory.error());
    if (const Result<> added = (*directory)->add_domain(*name); !added) return report(context, added.error());
    return done(context, "Domain " + *name + " added.", {{"domain", *name}});
}

Exit list(Context& context) {
    Result<std::unique_ptr<auth::Directory>> directory = open_directory(context);
    if (!directory) return report(context, directory.error());
    const Result<std::vector<auth::Domain>> domains = (*directory)->domains();
    if (!domains) return report(context, domains.error());
    if (context.json) {
        nlohmann::json rows = nlohmann::json::array();
        for (const auto& domain : *domains) {
            rows.push_back({{"name", domain.name},
                            {"users", domain.users},
                            {"aliases", domain.aliases},
                            {"created_at", domain.created_at}});
        }
        print_json(context, rows);
        return Exit::ok;
    }
    Table table({"DOMAIN", "USERS", "ALIASES", "CREATED"});
    for (const auto& domain : *domains)
        table.add({domain.name, std::to_string(domain.users), std::to_string(domain.aliases),
                   format_time(domain.created_at)});
    table.print(context.out);
    return Exit::ok;
}

Exit remove(Context& context, const Options& options) {
    const Result<std::string> name = auth::canonical_domain(options.name);
    if (!name) return report(context, name.error());
    Result<std::unique_ptr<auth::Directory>> directory = open_directory(context);
    if (!directory) return report(context, directory.error());
    const Result<bool> known = (*directory)->has_domain(*name);
    if (!known) return report(context, known.error());
    if (!*known) return report(context, {ErrorCode::not_found, "Domain " + *name + " does not exist", {}});
    const Result<std::vector<auth::User>> users = (*directory)->users(*name);
    if (!users) return report(context, users.error());

    // What goes with the domain can't be had back: ask, unless it is empty.
    if (!users->empty() || options.delete_mail) {
        const std::string what = "Remove domain " + *name + " and its " + std::to_string(users->size()) + " users" +
                                 (options.delete_mail ? " WITH ALL THEIR MAIL?" : "? (Their mail stays on disk.)");
        if (const Exit answer = confirm(context, what); answer != Exit::ok) return answer;
    }
    if (const Result<> removed = (*directory)->remove_domain(*name); !removed) return report(context, removed.error());
    if (options.delete_mail) {
        if (const Result<> deleted = delete_domain_mail(context, *name); !deleted)
            return report(context, deleted.error());
    }
    return done(context, "Domain " + *name + " removed.", {{"domain", *name}, {"mail_deleted", options.delete_mail}});
}

}  // namespace

void add_domain_commands(CLI::App& app, Context& context) {
    CLI::App* group = add_group(app, "domain", "Domains that this server receives mail for");
    auto options = std::make_shared<Options>();

    CLI::App* command = add_command(*group, context, "add", "Receive mail for a domain", "domain add example.org",
                                    [&context, options] { return add(context, *options); });
    command->add_option("name", options->name, "The domain")->required();

    add_command(*group, context, "list", "List all domains", "domain list --json",
                [&context] { return list(context); });

    command = add_command(*group, context, "remove", "Remove a domain with its users and aliases",
                          "domain remove example.org", [&context, options] { return remove(context, *options); });
    command->add_option("name", options->name, "The domain")->required();
    command->add_flag("--delete-mail", options->delete_mail, "Delete its users' mail too");
}

}  // namespace posthouse::cli
