// posthouse user add|list|set|passwd|enable|disable|remove; rename is in rename.cpp
#include <CLI/Option.hpp>
#include <CLI/Validators.hpp>
#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>

#include "auth/directory/address.h"
#include "cli/change.h"
#include "cli/command.h"
#include "cli/mail_disposal.h"
#include "cli/mail_folder.h"
#include "cli/open_directory.h"
#include "cli/output.h"
#include "cli/password_input.h"
#include "cli/progress.h"
#include "cli/quota_size.h"
#include "cli/rename.h"
#include "cli/sending_limit.h"
#include "cli/sessions.h"
#include "cli/table.h"
#include "cli/user_import.h"
#include "cli/user_rows.h"

namespace posthouse::cli {
namespace {

struct Options {
    std::string address;
    std::string csv;
    std::string domain;
    std::optional<std::string> quota;
    std::optional<std::string> services;
    std::string app_passwords_only;
    SendingLimitOptions limits;
    bool admin = false;
    bool disabled = false;
    MailDisposal mail;
    PasswordOptions password;
};

// The address in the form of the directory.
Result<std::string> address(const Context& context, const Options& options) {
    const Result<auth::MailAddress> parsed = auth::parse_user_address(options.address, local_part(context));
    if (!parsed) return fail(parsed.error());
    return parsed->text();
}

Result<> keep_scram_keys(auth::Directory& directory, const std::string& email, const NewPassword& password) {
    if (password.scram_keys.empty()) return {};
    return directory.set_scram_keys(email, password.stored, password.scram_keys);
}

/// For people: "imap, smtp".
std::string listed(const auth::Services& services) {
    std::string text;
    for (const std::string_view name : services.names()) text.append(text.empty() ? "" : ", ").append(name);
    return text.empty() ? "all" : text;
}

/// For programs: null for all.
nlohmann::json as_json(const auth::Services& services) {
    return services.all() ? nlohmann::json() : nlohmann::json(services.names());
}

Exit done_with_password(Context& context, const std::string& email, const std::string& what,
                        const NewPassword& password) {
    nlohmann::json document = {{"email", email}};
    std::string sentence = what;
    if (!password.generated.empty()) {
        document["password"] = password.generated.view();
        sentence += " Password: " + std::string(password.generated.view());
    }
    return done(context, sentence, document);
}

Exit add(Context& context, const Options& options) {
    if (!options.csv.empty()) return import_users(context, options.csv, options.password);
    if (options.address.empty())
        return report(context, {ErrorCode::invalid, "Whom to add? Give an address, or --csv", {}});
    const Result<std::string> email = address(context, options);
    if (!email) return report(context, email.error());
    Result<std::unique_ptr<auth::Directory>> directory = create_directory(context);
    if (!directory) return report(context, directory.error());
    // Before a password is asked for.
    const Result<std::optional<auth::User>> present = (*directory)->find_user(*email);
    if (!present) return report(context, present.error());
    if (*present) return report(context, {ErrorCode::exists, "User " + *email + " already exists", {}});

    const Result<auth::Services> services = auth::Services::parse(options.services.value_or("all"));
    if (!services) return report(context, services.error());
    const Result<std::int64_t> quota_mb = parse_quota_mb(options.quota.value_or("0"));
    if (!quota_mb) return report(context, quota_mb.error());
    const Result<NewPassword> password = read_password(context, *email, options.password);
    if (!password) return report(context, password.error());
    auth::NewUser user{*email, password->stored, *quota_mb, !options.disabled, options.admin};
    user.services = *services;
    user.must_change_password = options.password.must_change;
    Result<Change> change = Change::begin(context, std::move(*directory));
    if (!change) return report(context, change.error());
    if (const Result<> added = change->directory().add_user(user); !added) return report(context, added.error());
    if (const Result<> kept = keep_scram_keys(change->directory(), *email, *password); !kept)
        return report(context, kept.error());
    std::string details = "quota " + std::to_string(*quota_mb) + " MB";
    if (options.admin) details += ", admin";
    if (options.disabled) details += ", disabled";
    if (!services->all()) details += ", services " + services->text();
    if (options.password.must_change) details += ", password to be changed";
    if (const Result<> kept = change->commit("user.add", *email, details); !kept) return report(context, kept.error());
    forget_moves(context, std::array{*email});
    const std::string left = mail_left_behind(context, *email);
    if (!left.empty() && !context.json) {
        context.err << "Note: " << printable(left)
                    << " holds mail of an earlier user of this address, which the new one can read.\n";
    }
    return done_with_password(context, *email, "User " + *email + " added.", *password);
}

Exit list(Context& context, const Options& options) {
    const Result<std::string> domain = wanted_domain(options.domain);
    if (!domain) return report(context, domain.error());
    Result<std::unique_ptr<auth::Directory>> directory = open_directory(context);
    if (!directory) return report(context, directory.error());
    const Result<std::vector<auth::User>> users = (*directory)->users(*domain);
    if (!users) return report(context, users.error());
    const auto limits = sending_limits(**directory);
    if (!limits) return report(context, limits.error());
    if (context.json) {
        nlohmann::json rows = nlohmann::json::array();
        for (const auto& user : *users) {
            const auto limit = limits->find(user.email);
            rows.push_back({{"email", user.email},
                            {"sending_limits", limit == limits->end() ? nlohmann::json() : to_json(limit->second)},
                            {"enabled", user.enabled},
                            {"admin", user.admin},
                            {"services", as_json(user.services)},
                            {"app_passwords_only", user.app_passwords_only},
                            {"must_change_password", user.must_change_password},
                            {"quota_mb", user.quota_mb},
                            {"usage_mb", user.usage ? nlohmann::json(user.usage->mb()) : nlohmann::json()},
                            {"usage_bytes", user.usage ? nlohmann::json(user.usage->bytes) : nlohmann::json()},
                            {"messages", user.usage ? nlohmann::json(user.usage->messages) : nlohmann::json()},
                            {"usage_updated", user.usage ? nlohmann::json(user.usage->last_updated) : nlohmann::json()},
                            {"created_at", user.created_at}});
        }
        print_json(context, rows);
        return Exit::ok;
    }
    Table table({"ADDRESS", "STATE", "QUOTA", "USED", "MESSAGES", "CREATED"});
    for (const auto& user : *users) {
        std::string state = user.enabled ? "enabled" : "disabled";
        if (user.admin) state += ", admin";
        if (user.must_change_password) state += ", must change password";
        if (user.app_passwords_only) state += ", app passwords";
        if (!user.services.all()) state += ", only " + listed(user.services);
        if (limits->contains(user.email)) state += ", own sending limits";
        const auto quota = static_cast<std::uint64_t>(user.quota_mb) << 20U;
        table.add({user.email, state, quota == 0 ? "-" : format_size(quota),
                   user.usage ? format_size(static_cast<std::uint64_t>(user.usage->bytes)) : "?",
                   user.usage ? with_commas(static_cast<std::uint64_t>(user.usage->messages)) : "?",
                   format_time(user.created_at)});
    }
    table.print_or("No users.", context.out);
    return Exit::ok;
}

Exit set(Context& context, const Options& options) {
    const Result<std::string> email = address(context, options);
    if (!email) return report(context, email.error());
    if (!options.quota && !options.services && options.app_passwords_only.empty() && !options.limits.given())
        return report(context, {ErrorCode::invalid, "What to set? --help lists the options", {}});
    const Result<auth::Services> services = auth::Services::parse(options.services.value_or("all"));
    if (!services) return report(context, services.error());
    const Result<std::int64_t> quota_mb = parse_quota_mb(options.quota.value_or("0"));
    if (!quota_mb) return report(context, quota_mb.error());
    if (const Result<> numbers = check(options.limits); !numbers) return report(context, numbers.error());
    Result<Change> change = Change::begin_existing(context);
    if (!change) return report(context, change.error());
    std::string details;
    std::string sentences;
    nlohmann::json document = {{"email", *email}};
    const auto note = [&](const std::string& detail, const std::string& sentence) {
        details += (details.empty() ? "" : ", ") + detail;
        sentences += (sentences.empty() ? "" : " ") + sentence;
    };
    if (options.quota) {
        const Result<> set = change->directory().set_quota(*email, *quota_mb);
        if (!set) return report(context, set.error());
        const std::string text = std::to_string(*quota_mb) + " MB";
        note("quota " + text,
             "Quota of " + *email + (*quota_mb == 0 ? " removed: section [quota] holds." : " is " + text + "."));
        document["quota_mb"] = *quota_mb;
    }
    if (options.services) {
        const Result<> set = change->directory().set_services(*email, *services);
        if (!set) return report(context, set.error());
        note("services " + (services->all() ? "all" : services->text()),
             *email + " may log in to " + (services->all() ? "all services" : listed(*services)) + '.');
        document["services"] = as_json(*services);
    }
    if (!options.app_passwords_only.empty()) {
        const bool only = options.app_passwords_only == "on";
        const Result<> set = change->directory().set_app_passwords_only(*email, only);
        if (!set) return report(context, set.error());
        note("app passwords only " + options.app_passwords_only,
             *email + (only ? " needs app passwords but for webmail." : " may use the password everywhere."));
        document["app_passwords_only"] = only;
    }
    if (options.limits.given()) {
        const Result<std::optional<auth::User>> user = change->directory().find_user(*email);
        if (!user) return report(context, user.error());
        if (!*user) return report(context, {ErrorCode::not_found, "User " + *email + " does not exist", {}});
        const Result<auth::SendingLimit> limit = change_sending_limit(change->directory(), *email, options.limits);
        if (!limit) return report(context, limit.error());
        note("sending limits " + in_words(*limit), "Sending limits of " + *email + ": " + in_words(*limit) + '.');
        document["sending_limits"] = to_json(*limit);
    }
    if (const Result<> kept = change->commit("user.set", *email, details); !kept) return report(context, kept.error());
    if (!services->all() || options.app_passwords_only == "on") end_sessions(context, {*email});
    return done(context, sentences, document);
}

Exit passwd(Context& context, const Options& options) {
    const Result<std::string> email = address(context, options);
    if (!email) return report(context, email.error());
    Result<std::unique_ptr<auth::Directory>> directory = open_directory(context);
    if (!directory) return report(context, directory.error());
    const Result<std::optional<auth::User>> user = (*directory)->find_user(*email);
    if (!user) return report(context, user.error());
    if (!*user) return report(context, {ErrorCode::not_found, "User " + *email + " does not exist", {}});
    const Result<NewPassword> password = read_password(context, *email, options.password);
    if (!password) return report(context, password.error());
    Result<Change> change = Change::begin(context, std::move(*directory));
    if (!change) return report(context, change.error());
    if (const Result<> set = change->directory().set_password(*email, password->stored, options.password.must_change);
        !set)
        return report(context, set.error());
    if (const Result<> kept = keep_scram_keys(change->directory(), *email, *password); !kept)
        return report(context, kept.error());
    const std::string details = options.password.must_change ? "to be changed" : "";
    if (const Result<> kept = change->commit("user.passwd", *email, details); !kept)
        return report(context, kept.error());
    end_sessions(context, {*email});
    return done_with_password(context, *email, "Password of " + *email + " changed.", *password);
}

Exit set_enabled(Context& context, const Options& options, bool enabled) {
    const Result<std::string> email = address(context, options);
    if (!email) return report(context, email.error());
    Result<Change> change = Change::begin_existing(context);
    if (!change) return report(context, change.error());
    if (const Result<> set = change->directory().set_enabled(*email, enabled); !set)
        return report(context, set.error());
    if (const Result<> kept = change->commit(enabled ? "user.enable" : "user.disable", *email); !kept)
        return report(context, kept.error());
    if (!enabled) end_sessions(context, {*email});
    return done(context, "User " + *email + (enabled ? " enabled." : " disabled."),
                {{"email", *email}, {"enabled", enabled}});
}

/// Aliases and lists that lead to the address.
Result<std::vector<std::string>> sources_of(auth::Directory& directory, const std::string& email) {
    const Result<std::vector<auth::Alias>> aliases = directory.aliases("");
    if (!aliases) return fail(aliases.error());
    std::vector<std::string> sources;
    for (const auth::Alias& alias : *aliases)
        if (alias.destination == email && alias.source != email) sources.push_back(alias.source);
    const Result<std::vector<auth::DistributionList>> lists = directory.distribution_lists().list("");
    if (!lists) return fail(lists.error());
    for (const auth::DistributionList& list : *lists) {
        const Result<std::vector<std::string>> members = directory.distribution_lists().members(list.address);
        if (!members) return fail(members.error());
        if (std::ranges::find(*members, email) != members->end()) sources.push_back("list " + list.address);
        if (list.rules.owner == email) sources.push_back(auth::owner_address(list.address));
    }
    return sources;
}

Exit remove(Context& context, const Options& options) {
    const Result<std::string> email = address(context, options);
    if (!email) return report(context, email.error());
    Result<std::unique_ptr<auth::Directory>> directory = open_directory(context);
    if (!directory) return report(context, directory.error());
    const Result<std::optional<auth::User>> user = (*directory)->find_user(*email);
    if (!user) return report(context, user.error());
    if (!*user) return report(context, {ErrorCode::not_found, "User " + *email + " does not exist", {}});
    if (const Result<> possible = check_disposal(options.mail); !possible) return report(context, possible.error());
    if (options.mail.remove) {
        const Exit answer = confirm(context, "Remove user " + *email + " AND ALL MAIL of it?");
        if (answer != Exit::ok) return answer;
    }
    Result<Change> change = Change::begin(context, std::move(*directory));
    if (!change) return report(context, change.error());
    const Result<std::string> document = document_of(change->directory(), options.mail, *email);
    if (!document) return report(context, document.error());
    const Result<std::vector<std::string>> leading = sources_of(change->directory(), *email);
    if (!leading) return report(context, leading.error());
    if (const Result<> removed = change->directory().remove_user(*email); !removed)
        return report(context, removed.error());
    if (const Result<> kept = change->commit("user.remove", *email, options.mail.details()); !kept)
        return report(context, kept.error());
    end_sessions(context, {*email});
    if (const Result<> disposed = dispose_of_mail(context, options.mail, *email, *document); !disposed)
        return report(context, disposed.error());
    const std::string mail = options.mail.takes_mail() ? options.mail.details() : "its mail was kept";
    if (!context.json)
        for (const std::string& source : *leading)
            context.err << "Note: " << printable(source) << " still leads to " << printable(*email)
                        << "; its mail for that user will be returned.\n";
    return done(context, "User " + *email + " removed, " + mail + ".",
                {{"email", *email}, {"mail_deleted", options.mail.takes_mail()}, {"archive", options.mail.archive}});
}

CLI::Option* add_quota_option(CLI::App& command, std::optional<std::string>& quota) {
    return command
        .add_option("--quota", quota,
                    "Quota in MB (of 2^20 bytes), or with a unit, such as 5G, in place of the rule for * in section "
                    "[quota]; 0: none of its own")
        ->type_name("SIZE");
}

CLI::Option* add_services_option(CLI::App& command, std::optional<std::string>& services) {
    return command
        .add_option("--services", services,
                    "What the user may log in to: imap, pop3, smtp, http (webmail), separated by commas; or all")
        ->type_name("LIST");
}

}  // namespace

void add_user_commands(CLI::App& app, Context& context) {
    CLI::App* group = add_group(app, "user", "Users: who can log in and has a mailbox");
    auto options = std::make_shared<Options>();
    const auto with_address = [options](CLI::App* command) {
        return command->add_option("address", options->address,
                                   "The user's mail address, which is also the log-in name");
    };

    Command* adding = add_command(*group, context, "add", "Add a user, or many from CSV",
                                  "user add joe@example.org --quota 5G\n"
                                  "user add --csv - < users.csv",
                                  [&context, options] { return add(context, *options); });
    adding->note =
        "The columns of the CSV file are email,password,quota_mb, or its first line names any of\n"
        "email,password,password_hash,quota_mb,enabled,admin.";
    CLI::App* command = adding;
    CLI::Option* address_option = with_address(command);
    CLI::Option* csv =
        command->add_option("--csv", options->csv, "Add all users of a CSV file, or none; - is standard input");
    csv->type_name("FILE")->excludes(address_option);
    add_quota_option(*command, options->quota)->excludes(csv);
    add_services_option(*command, options->services)->excludes(csv);
    command->add_flag("--admin", options->admin, "Administrator: gets postmaster's mail")->excludes(csv);
    command->add_flag("--disabled", options->disabled, "May not log in yet")->excludes(csv);
    add_password_options(*command, options->password);
    command->get_option("--password-stdin")->excludes(csv);
    command->get_option("--hash-stdin")->excludes(csv);

    command = add_command(*group, context, "list", "List users", "user list --domain example.org",
                          [&context, options] { return list(context, *options); });
    command->add_option("--domain", options->domain, "Only of this domain")->type_name("DOMAIN");

    command = add_command(*group, context, "set", "Change what a user has and may do",
                          "user set joe@example.org --quota 2G --services imap,smtp",
                          [&context, options] { return set(context, *options); });
    with_address(command)->required();
    add_quota_option(*command, options->quota);
    add_services_option(*command, options->services);
    command
        ->add_option("--app-passwords-only", options->app_passwords_only,
                     "Whether imap, pop3 and smtp take app passwords only")
        ->type_name("SWITCH")
        ->check(CLI::IsMember({"on", "off"}));
    add_sending_limit_options(*command, options->limits);

    command = add_command(*group, context, "passwd", "Set a user's password, and end the user's sessions",
                          "user passwd joe@example.org --generate",
                          [&context, options] { return passwd(context, *options); });
    with_address(command)->required();
    add_password_options(*command, options->password);

    command = add_command(*group, context, "enable", "Let a user log in again", "user enable joe@example.org",
                          [&context, options] { return set_enabled(context, *options, true); });
    with_address(command)->required();

    command = add_command(
        *group, context, "disable", "Keep a user from logging in, end the user's sessions; mail is still received",
        "user disable joe@example.org", [&context, options] { return set_enabled(context, *options, false); });
    with_address(command)->required();

    add_user_rename(*group, context);

    command = add_command(*group, context, "remove", "Remove a user; the mail stays unless told otherwise",
                          "user remove joe@example.org --archive joe.tar.zst",
                          [&context, options] { return remove(context, *options); });
    with_address(command)->required();
    add_mail_options(*command, options->mail);
}

}  // namespace posthouse::cli
