// posthouse metadata get|set|get-server|set-server
#include <CLI/Option.hpp>
#include <istream>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>

#include "auth/directory/address.h"
#include "cli/command.h"
#include "cli/open_mailbox.h"
#include "cli/output.h"
#include "cli/table.h"
#include "lib/base/ascii.h"
#include "lib/base/base64.h"
#include "storage/configure.h"
#include "storage/server_annotations.h"

namespace posthouse::cli {
namespace {

struct Options {
    std::string address;
    std::string mailbox;
    std::string entry;
    std::optional<std::string> value;
    bool from_stdin = false;
    bool remove = false;
    std::string user;
};

/// What the annotations are about: a mailbox, or for "" the account as a whole (RFC 5464 §4.2).
Result<std::optional<storage::MailboxName>> place_of(const Context& context, const Options& options) {
    if (options.mailbox.empty()) return std::nullopt;
    const Result<storage::MailboxName> mailbox = named_mailbox(context, options.mailbox);
    if (!mailbox) return fail(mailbox.error());
    return *mailbox;
}

/// The user of --user as private entries know it: nothing for the owner.
Result<storage::AnnotationUser> user_of(const Options& options, const OpenAccount& mail) {
    if (options.user.empty()) return std::nullopt;
    const Result<auth::MailAddress> user = auth::parse_user_address(options.user);
    if (!user) return fail(user.error());
    if (user->text() == mail.account->name().text()) return std::nullopt;
    return user->text();
}

/// A value in JSON: as text where it is text.
nlohmann::json json_of(const storage::Annotation& annotation) {
    nlohmann::json row = {{"entry", annotation.name.text()}, {"user", annotation.user.value_or("")}};
    const bool is_text = ascii::is_utf8(annotation.value);
    row[is_text ? "value" : "value_base64"] = is_text ? annotation.value : base64::encode(annotation.value);
    return row;
}

/// Shows annotations, or the value of the one entry that was asked for.
Exit show(Context& context, const storage::Annotations& annotations, const std::optional<storage::EntryName>& entry,
          const storage::AnnotationUser& user) {
    if (annotations.damaged())
        context.err << "posthouse: the file of these annotations is damaged: this is what can be read\n";
    std::vector<storage::Annotation> found = annotations.all();
    if (entry) {
        const std::optional<std::string> value = annotations.find(*entry, user);
        if (!value) return report(context, {ErrorCode::not_found, "There is no " + entry->text(), {}});
        if (!context.json) {
            context.out << printable(*value) << '\n';
            return Exit::ok;
        }
        found = {{*entry, entry->is_private() ? user : std::nullopt, *value}};
    }
    if (context.json) {
        nlohmann::json rows = nlohmann::json::array();
        for (const storage::Annotation& annotation : found) rows.push_back(json_of(annotation));
        print_json(context, rows);
        return Exit::ok;
    }
    Table table({"ENTRY", "USER", "VALUE"});
    for (const storage::Annotation& annotation : found)
        table.add({annotation.name.text(), annotation.user.value_or(""), annotation.value});
    table.print_or("No entries.", context.out);
    return Exit::ok;
}

Result<std::optional<storage::EntryName>> entry_of(const Options& options) {
    if (options.entry.empty()) return std::nullopt;
    Result<storage::EntryName> entry = storage::EntryName::parse(options.entry);
    if (!entry) return fail(entry.error());
    return std::move(*entry);
}

Exit get(Context& context, const Options& options) {
    const Result<std::optional<storage::MailboxName>> place = place_of(context, options);
    if (!place) return report(context, place.error());
    const Result<OpenAccount> mail = open_account(context, options.address);
    if (!mail) return report(context, mail.error());
    const Result<storage::Annotations> annotations = mail->account->annotations(*place);
    if (!annotations) return report(context, annotations.error());
    const Result<std::optional<storage::EntryName>> entry = entry_of(options);
    if (!entry) return report(context, entry.error());
    const Result<storage::AnnotationUser> user = user_of(options, *mail);
    if (!user) return report(context, user.error());
    return show(context, *annotations, *entry, *user);
}

Exit get_of_server(Context& context, const Options& options) {
    const Result<config::Snapshot> config = context.config();
    if (!config) return report(context, config.error());
    const Result<ActingAsOwner> acting = ActingAsOwner::of_mail(**config, (*config)->general.mail_root);
    if (!acting) return report(context, acting.error());
    const Result<std::optional<storage::EntryName>> entry = entry_of(options);
    if (!entry) return report(context, entry.error());
    const Result<storage::Annotations> annotations = storage::server_annotations(storage::settings_from(**config));
    if (!annotations) return report(context, annotations.error());
    return show(context, *annotations, *entry, std::nullopt);
}

/// At most one octet more than a value may have, so that storage says what is wrong with it.
std::string read_value(std::istream& in) {
    std::string value(storage::Annotations::max_value_bytes + 1, '\0');
    in.read(value.data(), static_cast<std::streamsize>(value.size()));
    value.resize(static_cast<std::size_t>(in.gcount()));
    return value;
}

Exit set(Context& context, const Options& options) {
    if ((options.value ? 1 : 0) + (options.from_stdin ? 1 : 0) + (options.remove ? 1 : 0) != 1)
        return report(context, {ErrorCode::invalid, "Set it to what? Give a value, --stdin or --remove", {}});
    const Result<std::optional<storage::MailboxName>> place = place_of(context, options);
    if (!place) return report(context, place.error());
    const Result<storage::EntryName> entry = storage::EntryName::parse(options.entry);
    if (!entry) return report(context, entry.error());
    const Result<OpenAccount> mail = open_account(context, options.address);
    if (!mail) return report(context, mail.error());
    const Result<storage::AnnotationUser> user = user_of(options, *mail);
    if (!user) return report(context, user.error());
    std::optional<std::string> value = options.value;
    if (options.from_stdin) value = read_value(context.in);
    if (options.remove) {
        const Result<storage::Annotations> before = mail->account->annotations(*place);
        if (before && !before->find(*entry, *user))
            return report(context, {ErrorCode::not_found, "There is no " + entry->text(), {}});
    }
    const Result<> changed = mail->account->set_annotation(*place, *entry, *user, std::move(value));
    if (!changed) return report(context, changed.error());
    return done(context, entry->text() + (options.remove ? " removed." : " set."),
                {{"mailbox", options.mailbox}, {"entry", entry->text()}});
}

Exit set_of_server(Context& context, const Options& options) {
    if (options.value.has_value() == options.remove)
        return report(context, {ErrorCode::invalid, "Set it to what? Give a value or --remove", {}});
    const Result<config::Snapshot> config = context.config();
    if (!config) return report(context, config.error());
    const Result<ActingAsOwner> acting = ActingAsOwner::of_mail(**config, (*config)->general.mail_root);
    if (!acting) return report(context, acting.error());
    const Result<storage::EntryName> entry = storage::EntryName::parse(options.entry);
    if (!entry) return report(context, entry.error());
    const Result<> changed = storage::set_server_annotation(storage::settings_from(**config), *entry, options.value);
    if (!changed) return report(context, changed.error());
    return done(context, entry->text() + (options.remove ? " removed." : " set."), {{"entry", entry->text()}});
}

}  // namespace

void add_metadata_commands(CLI::App& app, Context& context) {
    CLI::App* group =
        add_group(app, "metadata", "Annotations of the server and of users' mailboxes, among them their special use");
    auto options = std::make_shared<Options>();
    const auto with_mailbox = [options](CLI::App* command) {
        command->add_option("address", options->address, "Whose mailbox")->required();
        command
            ->add_option("mailbox", options->mailbox, "The mailbox, e.g. INBOX or Work/Open; \"\": the whole account")
            ->required();
        command
            ->add_option("--user", options->user,
                         "Whose value of a private entry, where others may see the mailbox too; else the owner's")
            ->type_name("ADDRESS");
    };

    CLI::App* command = add_command(*group, context, "get", "Show the annotations of a mailbox, or the value of one",
                                    "metadata get joe@example.org Work /shared/comment",
                                    [&context, options] { return get(context, *options); });
    with_mailbox(command);
    command->add_option("entry", options->entry, "An entry (RFC 5464), e.g. /private/comment");

    command = add_command(*group, context, "set", "Set or remove an annotation of a mailbox",
                          "metadata set joe@example.org Work /shared/comment \"Bids and contracts\"\n"
                          "metadata set joe@example.org Gesendet /private/specialuse '\\Sent'\n"
                          "metadata set joe@example.org Work /shared/comment --remove",
                          [&context, options] { return set(context, *options); });
    with_mailbox(command);
    command->add_option("entry", options->entry, "An entry (RFC 5464), e.g. /private/comment")->required();
    CLI::Option* value = command->add_option("value", options->value, "Its value");
    CLI::Option* from_stdin =
        command->add_flag("--stdin", options->from_stdin, "Its value is standard input, any octets");
    command->add_flag("--remove", options->remove, "Remove the annotation")->excludes(value)->excludes(from_stdin);
    from_stdin->excludes(value);

    command = add_command(*group, context, "get-server", "Show the annotations of the server, which all users see",
                          "metadata get-server", [&context, options] { return get_of_server(context, *options); });
    command->add_option("entry", options->entry, "A shared entry, e.g. /shared/comment");

    command = add_command(*group, context, "set-server", "Set or remove an annotation of the server",
                          "metadata set-server /shared/admin mailto:postmaster@example.org\n"
                          "metadata set-server /shared/comment \"New disks on Friday\"\n"
                          "metadata set-server /shared/comment --remove",
                          [&context, options] { return set_of_server(context, *options); });
    command->add_option("entry", options->entry, "A shared entry, e.g. /shared/comment")->required();
    command->add_option("value", options->value, "Its value");
    command->add_flag("--remove", options->remove, "Remove the annotation");
}

}  // namespace posthouse::cli
