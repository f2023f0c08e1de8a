// posthouse grant add|list|remove
#include <CLI/Option.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>

#include "auth/directory/address.h"
#include "cli/change.h"
#include "cli/command.h"
#include "cli/open_directory.h"
#include "cli/output.h"
#include "cli/table.h"

namespace posthouse::cli {
namespace {

struct Options {
    std::string user;
    std::string address;
};

/// In the form of the directory.
struct Parsed {
    std::string user;
    std::string address;
};

Result<Parsed> parse(const Context& context, const Options& options) {
    const auth::LocalPart form = local_part(context);
    const Result<auth::MailAddress> user = auth::parse_user_address(options.user, form);
    if (!user) return fail(user.error());
    const Result<auth::MailAddress> address = auth::parse_alias_source(options.address, form);
    if (!address) return fail(address.error());
    if (*address == *user)
        return fail(ErrorCode::invalid, user->text() + " is that user's own address, which needs no grant");
    return Parsed{user->text(), address->text()};
}

std::string meaning(const std::string& address) {
    return address.starts_with('@') ? "every address of " + address.substr(1) : address;
}

Exit add(Context& context, const Options& options) {
    const Result<Parsed> grant = parse(context, options);
    if (!grant) return report(context, grant.error());
    Result<Change> change = Change::begin(context);
    if (!change) return report(context, change.error());
    if (const Result<> added = change->directory().send_as_grants().add(grant->user, grant->address); !added)
        return report(context, added.error());
    if (const Result<> kept = change->commit("grant.add", grant->user, grant->address); !kept)
        return report(context, kept.error());
    return done(context, grant->user + " may send as " + meaning(grant->address) + ".",
                {{"user", grant->user}, {"address", grant->address}});
}

Exit list(Context& context, const Options& options) {
    std::string user;
    if (!options.user.empty()) {
        const Result<auth::MailAddress> parsed = auth::parse_user_address(options.user, local_part(context));
        if (!parsed) return report(context, parsed.error());
        user = parsed->text();
    }
    Result<std::unique_ptr<auth::Directory>> directory = open_directory(context);
    if (!directory) return report(context, directory.error());
    if (!user.empty()) {
        const Result<std::optional<auth::User>> known = (*directory)->find_user(user);
        if (!known) return report(context, known.error());
        if (!*known) return report(context, {ErrorCode::not_found, "User " + user + " does not exist", {}});
    }
    const Result<std::vector<auth::SendAsGrant>> grants = (*directory)->send_as_grants().list(user);
    if (!grants) return report(context, grants.error());
    if (context.json) {
        nlohmann::json rows = nlohmann::json::array();
        for (const auto& grant : *grants)
            rows.push_back({{"user", grant.user}, {"address", grant.address}, {"created_at", grant.created_at}});
        print_json(context, rows);
        return Exit::ok;
    }
    Table table({"USER", "MAY SEND AS", "CREATED"});
    for (const auto& grant : *grants) table.add({grant.user, grant.address, format_time(grant.created_at)});
    table.print_or("No grants.", context.out);
    return Exit::ok;
}

Exit remove(Context& context, const Options& options) {
    const Result<Parsed> grant = parse(context, options);
    if (!grant) return report(context, grant.error());
    Result<Change> change = Change::begin_existing(context);
    if (!change) return report(context, change.error());
    if (const Result<> removed = change->directory().send_as_grants().remove(grant->user, grant->address); !removed)
        return report(context, removed.error());
    if (const Result<> kept = change->commit("grant.remove", grant->user, grant->address); !kept)
        return report(context, kept.error());
    return done(context, grant->user + " may not send as " + meaning(grant->address) + " any more.",
                {{"user", grant->user}, {"address", grant->address}});
}

}  // namespace

void add_grant_commands(CLI::App& app, Context& context) {
    CLI::App* group = add_group(app, "grant", "Who may send as which address beside the own one");
    auto options = std::make_shared<Options>();
    const auto with_user = [options](CLI::App* command) {
        return command->add_option("email", options->user, "The user's mail address");
    };
    const auto with_address = [options](CLI::App* command) {
        command->add_option("sender", options->address, "Address, or @domain for every address of a domain")
            ->required();
    };

    CLI::App* command = add_command(*group, context, "add", "Let a user send as an address",
                                    "grant add joe@example.org info@example.org",
                                    [&context, options] { return add(context, *options); });
    with_user(command)->required();
    with_address(command);

    command = add_command(*group, context, "list", "List grants", "grant list joe@example.org",
                          [&context, options] { return list(context, *options); });
    with_user(command);

    command = add_command(*group, context, "remove", "Take a grant back", "grant remove joe@example.org @example.net",
                          [&context, options] { return remove(context, *options); });
    with_user(command)->required();
    with_address(command);
}

}  // namespace posthouse::cli
