// Another name for a user or a domain: one transaction in the directory, and within it the mail moves in one step. Cut
// off between the two, the same command finishes it.
#include "cli/rename.h"

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>

#include "auth/directory/address.h"
#include "cli/change.h"
#include "cli/mail_owner.h"
#include "cli/open_directory.h"
#include "cli/output.h"
#include "cli/sessions.h"
#include "storage/configure.h"
#include "storage/store.h"

namespace posthouse::cli {
namespace {

struct Options {
    std::string from;
    std::string to;
    bool keep_alias = false;
};

using MoveMail = std::function<Result<bool>(storage::Store&, const std::string& from, const std::string& to)>;

/// What is the same for users and domains.
struct Subject {
    std::string kind;  ///< "User", "Domain"
    std::string action;
    std::function<Result<auth::RenameCounts>(auth::Directory&)> rename;
    std::function<Result<>(auth::Directory&)> keep_alias;
    std::function<Result<bool>(auth::Directory&, const std::string& name)> is_there;
    MoveMail move_mail;
};

/// With the rights of whoever owns the mail.
Result<bool> move_mail(const config::Config& config, const MoveMail& move, const std::string& from,
                       const std::string& to) {
    Result<ActingAsOwner> acting = ActingAsOwner::of_mail(config, config.general.mail_root);
    if (!acting) return fail(acting.error());
    storage::Store store(storage::settings_from(config));
    return move(store, from, to);
}

/// The directory did not say that the change is kept: asks it anew, and has the mail follow what it says.
Result<> settle(Context& context, const config::Config& config, const Subject& subject, const Options& options,
                const Error& error) {
    const auto cannot_tell = [&](const Error& why) {
        return fail(why.code,
                    "It can't be told whether the change was kept. The mail lies under the new name: run this again, "
                    "or rename it back",
                    why.message());
    };
    Result<std::unique_ptr<auth::Directory>> directory = open_directory(context);
    if (!directory) return cannot_tell(directory.error());
    const Result<bool> kept = subject.is_there(**directory, options.to);
    if (!kept) return cannot_tell(kept.error());
    if (*kept) return {};
    const Result<bool> moved = move_mail(config, subject.move_mail, options.to, options.from);
    if (!moved) return cannot_tell(moved.error());
    return fail(error);
}

Exit rename(Context& context, const Subject& subject, const Options& options) {
    if (options.from == options.to)
        return report(context, {ErrorCode::invalid, subject.kind + " " + options.to + " has that name already", {}});
    const Result<config::Snapshot> config = context.config();
    if (!config) return report(context, config.error());
    Result<Change> change = Change::begin(context);
    if (!change) return report(context, change.error());
    const Result<auth::RenameCounts> counts = subject.rename(change->directory());
    if (!counts) return report(context, counts.error());
    if (options.keep_alias)
        if (const Result<> kept = subject.keep_alias(change->directory()); !kept) return report(context, kept.error());
    const Result<bool> moved = move_mail(**config, subject.move_mail, options.from, options.to);
    if (!moved) return report(context, moved.error());
    Result<> kept = change->commit(subject.action, options.to, "was " + options.from);
    if (!kept) kept = settle(context, **config, subject, options, kept.error());
    if (!kept) return report(context, kept.error());
    tell_authd(context, {});  // aliases of any domain may have led to the old name
    end_sessions(context, {(subject.kind == "Domain" ? "@" : "") + options.from});
    std::string sentence = subject.kind + " " + options.from + " is now " + options.to + ".";
    if (subject.kind == "Domain") sentence += " Users: " + std::to_string(counts->users) + ".";
    if (counts->others > 0)
        sentence += " Aliases, lists, grants and transports rewritten: " + std::to_string(counts->others) + ".";
    return done(context, sentence,
                {{"from", options.from},
                 {"to", options.to},
                 {"users", counts->users},
                 {"rewritten", counts->others},
                 {"mail_moved", *moved},
                 {"alias_kept", options.keep_alias}});
}

Exit rename_user(Context& context, Options options) {
    for (std::string* address : {&options.from, &options.to}) {
        const Result<auth::MailAddress> parsed = auth::parse_user_address(*address, local_part(context));
        if (!parsed) return report(context, parsed.error());
        *address = parsed->text();
    }
    const Subject subject{"User",
                          "user.rename",
                          [&](auth::Directory& directory) { return directory.rename_user(options.from, options.to); },
                          [&](auth::Directory& directory) { return directory.add_alias(options.from, options.to); },
                          [](auth::Directory& directory, const std::string& name) -> Result<bool> {
                              const Result<std::optional<auth::User>> user = directory.find_user(name);
                              return user ? Result<bool>(user->has_value()) : fail(user.error());
                          },
                          [](storage::Store& store, const std::string& from, const std::string& to) -> Result<bool> {
                              const Result<storage::AccountName> old_name = storage::AccountName::parse(from);
                              const Result<storage::AccountName> new_name = storage::AccountName::parse(to);
                              if (!old_name) return fail(old_name.error());
                              if (!new_name) return fail(new_name.error());
                              return store.rename(*old_name, *new_name);
                          }};
    return rename(context, subject, options);
}

Exit rename_domain(Context& context, Options options) {
    for (std::string* name : {&options.from, &options.to}) {
        const Result<std::string> canonical = auth::canonical_domain(*name);
        if (!canonical) return report(context, canonical.error());
        *name = *canonical;
    }
    const Subject subject{
        "Domain",
        "domain.rename",
        [&](auth::Directory& directory) { return directory.rename_domain(options.from, options.to); },
        [&](auth::Directory& directory) { return directory.add_domain_alias(options.from, options.to); },
        [](auth::Directory& directory, const std::string& name) { return directory.has_domain(name); },
        [](storage::Store& store, const std::string& from, const std::string& to) {
            return store.rename_domain(from, to);
        }};
    return rename(context, subject, options);
}

}  // namespace

void add_user_rename(CLI::App& group, Context& context) {
    auto options = std::make_shared<Options>();
    CLI::App* command = add_command(group, context, "rename", "Give a user another address; the mail moves along",
                                    "user rename ann.lee@example.org ann.smith@example.org --keep-alias",
                                    [&context, options] { return rename_user(context, *options); });
    command->add_option("from", options->from, "The present address")->required();
    command->add_option("to", options->to, "The new address, in any domain of this server")->required();
    command->add_flag("--keep-alias", options->keep_alias, "Mail for the old address still reaches the user");
}

void add_domain_rename(CLI::App& group, Context& context) {
    auto options = std::make_shared<Options>();
    CLI::App* command = add_command(group, context, "rename", "Give a domain another name; users and mail move along",
                                    "domain rename example.org example.net --keep-alias",
                                    [&context, options] { return rename_domain(context, *options); });
    command->add_option("from", options->from, "The present name")->required();
    command->add_option("to", options->to, "The new name")->required();
    command->add_flag("--keep-alias", options->keep_alias, "The old name becomes another name of the domain");
}

}  // namespace posthouse::cli
