// posthouse app-password add|list|remove
#include <CLI/Option.hpp>
#include <algorithm>
#include <ctime>
#include <memory>
#include <nlohmann/json.hpp>
#include <vector>

#include "auth/directory/address.h"
#include "auth/directory/listed.h"
#include "auth/passwords/app_password.h"
#include "cli/change.h"
#include "cli/command.h"
#include "cli/moment.h"
#include "cli/open_directory.h"
#include "cli/output.h"
#include "cli/sessions.h"
#include "cli/table.h"
#include "lib/base/ascii.h"
#include "lib/net/address.h"

namespace posthouse::cli {
namespace {

constexpr std::size_t max_name = 100;       // bytes
constexpr std::size_t max_networks = 1024;  // bytes of all: the column's

struct Options {
    std::string address;
    std::string name;
    std::string scope = "all";
    std::vector<std::string> networks;
    std::string expires;
    bool all = false;
};

/// The directory, and the user in it whom the options name.
struct Subject {
    std::unique_ptr<auth::Directory> directory;
    std::string email;
};

Result<Subject> subject(const Context& context, const Options& options) {
    const Result<auth::MailAddress> address = auth::parse_user_address(options.address, local_part(context));
    if (!address) return fail(address.error());
    Result<std::unique_ptr<auth::Directory>> directory = open_directory(context);
    if (!directory) return fail(directory.error());
    const Result<std::optional<auth::User>> user = (*directory)->find_user(address->text());
    if (!user) return fail(user.error());
    if (!*user) return fail(ErrorCode::not_found, "User " + address->text() + " does not exist");
    return Subject{std::move(*directory), address->text()};
}

Result<> check_name(const std::string& name) {
    const bool fine = !name.empty() && name.size() <= max_name && ascii::is_utf8(name) &&
                      std::ranges::none_of(name, [](char c) { return ascii::is_control(c); });
    if (!fine) return fail(ErrorCode::invalid, "The name must have 1 to 100 bytes of text");
    return {};
}

/// As it is stored.
Result<std::string> networks(const Options& options) {
    std::string list;
    for (const std::string& option : options.networks) {
        for (const std::string_view text : auth::listed(option)) {
            const Result<net::Network> network = net::Network::parse(text);
            if (!network)
                return fail(ErrorCode::invalid,
                            "\"" + std::string(text) + "\" is no network: 192.0.2.0/24, 2001:db8::/32");
            list += (list.empty() ? "" : " ") + network->to_string();
        }
    }
    if (!options.networks.empty() && list.empty()) return fail(ErrorCode::invalid, "No network is named");
    if (list.size() > max_networks) return fail(ErrorCode::invalid, "The networks are too many");
    return list;
}

Result<auth::AppPassword> app_password(const Options& options) {
    auth::AppPassword app;
    app.name = options.name;
    if (const Result<> fine = check_name(app.name); !fine) return fail(fine.error());
    Result<auth::Services> scope = auth::Services::parse(options.scope);
    if (!scope) return fail(scope.error());
    app.scope = std::move(*scope);
    Result<std::string> where = networks(options);
    if (!where) return fail(where.error());
    app.networks = std::move(*where);
    if (options.expires.empty()) return app;
    const std::int64_t now = std::time(nullptr);
    app.expires_at = parse_moment(options.expires, now);
    if (!app.expires_at || *app.expires_at <= now)
        return fail(ErrorCode::invalid, "--expires takes a time such as 90d, or a day to come such as 2031-12-31");
    return app;
}

nlohmann::json time_or_null(const std::optional<std::int64_t>& time) {
    return time ? nlohmann::json(*time) : nlohmann::json();
}

nlohmann::json row_of(const auth::AppPassword& app) {
    return {{"name", app.name},
            {"scope", app.scope.all() ? nlohmann::json() : nlohmann::json(app.scope.names())},
            {"networks", auth::listed(app.networks)},
            {"expires_at", time_or_null(app.expires_at)}};
}

std::string terms_of(const auth::AppPassword& app) {
    std::string text = app.name + ": " + (app.scope.all() ? "all services" : app.scope.text());
    if (!app.networks.empty()) text += ", from " + app.networks;
    if (app.expires_at) text += ", until " + format_time(*app.expires_at);
    return text;
}

Exit add(Context& context, const Options& options) {
    Result<auth::AppPassword> app = app_password(options);
    if (!app) return report(context, app.error());
    Result<Subject> who = subject(context, options);
    if (!who) return report(context, who.error());
    const std::string email = who->email;
    const Result<auth::GeneratedAppPassword> fresh = auth::generate_app_password();
    if (!fresh) return report(context, fresh.error());
    app->password = fresh->stored;
    Result<Change> change = Change::begin(context, std::move(who->directory));
    if (!change) return report(context, change.error());
    if (const Result<> added = change->directory().app_passwords().add(email, *app); !added)
        return report(context, added.error());
    if (const Result<> kept = change->commit("app-password.add", email, terms_of(*app)); !kept)
        return report(context, kept.error());
    nlohmann::json document = row_of(*app);
    document["email"] = email;
    document["password"] = fresh->password.view();
    return done(context,
                "App password \"" + app->name + "\" of " + email + ": " + std::string(fresh->password.view()) +
                    " (hyphens included; it is not shown again)",
                document);
}

Exit list(Context& context, const Options& options) {
    const Result<Subject> who = subject(context, options);
    if (!who) return report(context, who.error());
    const Result<std::vector<auth::AppPassword>> all =
        who->directory->find_app_passwords(who->email, auth::max_app_passwords);
    if (!all) return report(context, all.error());
    nlohmann::json rows = nlohmann::json::array();
    Table table({"NAME", "FOR", "FROM", "EXPIRES", "LAST USED", "CREATED"});
    const auto or_never = [](const std::optional<std::int64_t>& time) { return time ? format_time(*time) : "never"; };
    for (const auth::AppPassword& app : *all) {
        nlohmann::json row = row_of(app);
        row["last_used_at"] = time_or_null(app.last_used_at);
        row["created_at"] = app.created_at;
        rows.push_back(std::move(row));
        table.add({app.name, app.scope.all() ? "all" : app.scope.text(), app.networks.empty() ? "any" : app.networks,
                   or_never(app.expires_at), or_never(app.last_used_at), format_time(app.created_at)});
    }
    if (context.json)
        print_json(context, rows);
    else
        table.print_or("No app passwords.", context.out);
    return Exit::ok;
}

Exit remove(Context& context, const Options& options) {
    if (options.name.empty() != options.all)
        return report(context, {ErrorCode::invalid, "Which one to remove? Give a name, or --all", {}});
    Result<Subject> who = subject(context, options);
    if (!who) return report(context, who.error());
    const std::string email = who->email;
    Result<Change> change = Change::begin(context, std::move(who->directory));
    if (!change) return report(context, change.error());
    if (const Result<> removed = change->directory().app_passwords().remove(email, options.name); !removed)
        return report(context, removed.error());
    if (const Result<> kept = change->commit("app-password.remove", email, options.all ? "all" : options.name); !kept)
        return report(context, kept.error());
    // Which of the sessions began with it nobody knows; whoever may goes on with a new one.
    end_sessions(context, {email});
    const std::string what = options.all ? "All app passwords" : "App password \"" + options.name + "\"";
    return done(context, what + " of " + email + " removed.",
                {{"email", email}, {"name", options.all ? nlohmann::json() : nlohmann::json(options.name)}});
}

}  // namespace

void add_app_password_commands(CLI::App& app, Context& context) {
    CLI::App* group = add_group(app, "app-password", "Further passwords of a user, for single programs");
    auto options = std::make_shared<Options>();
    const auto with_address = [options](CLI::App* command) {
        command->add_option("address", options->address, "The user's mail address")->required();
    };

    CLI::App* command = add_command(*group, context, "add", "Make an app password and print it, once",
                                    "app-password add joe@example.org --name Phone --scope imap,smtp --expires 90d",
                                    [&context, options] { return add(context, *options); });
    with_address(command);
    command->add_option("--name", options->name, "What the user calls it")->type_name("NAME")->required();
    command
        ->add_option("--scope", options->scope,
                     "What it serves for: imap, pop3, smtp, http (webmail), separated by commas; or all")
        ->type_name("LIST")
        ->capture_default_str();
    command
        ->add_option("--network", options->networks,
                     "Where it may be used from (192.0.2.0/24); may be given several times; without it from anywhere")
        ->type_name("CIDR")
        ->allow_extra_args(false);
    command
        ->add_option(
            "--expires", options->expires,
            "How long it serves (90d), or the day when it ends (2031-12-31, UTC); without it until it is removed")
        ->type_name("TIME");

    command = add_command(*group, context, "list", "Show a user's app passwords, and when they were last used",
                          "app-password list joe@example.org", [&context, options] { return list(context, *options); });
    with_address(command);

    command = add_command(*group, context, "remove", "Take an app password back; it serves no more at once",
                          "app-password remove joe@example.org Phone",
                          [&context, options] { return remove(context, *options); });
    with_address(command);
    command->add_option("name", options->name, "The name it was given");
    command->add_flag("--all", options->all, "All app passwords of the user");
}

}  // namespace posthouse::cli
