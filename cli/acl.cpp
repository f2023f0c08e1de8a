// posthouse acl get|set|delete|reindex
#include <CLI/Option.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>
#include <ostream>

#include "auth/directory/address.h"
#include "cli/command.h"
#include "cli/mailbox_targets.h"
#include "cli/open_mailbox.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/standing.h"
#include "cli/table.h"

namespace posthouse::cli {
namespace {

using storage::AccessChange;

struct Options {
    std::string address;
    std::string mailbox;
    std::string identifier;
    std::string rights;
    std::string viewer;
    std::vector<std::string> groups;
    MailboxTargets targets;
};

/// An identifier of the command line: "-" before it means its negative rights (RFC 4314 §2).
struct Subject {
    storage::Identifier who;
    bool negative = false;
    std::string text() const { return (negative ? "-" : "") + who.text(); }
};

/// "joe@example.org" is short for "user=joe@example.org".
Result<Subject> subject_of(std::string_view text) {
    Subject subject;
    subject.negative = text.starts_with('-');
    if (subject.negative) text.remove_prefix(1);
    const bool is_address = text.find('=') == std::string_view::npos && text.find('@') != std::string_view::npos;
    const Result<storage::Identifier> who = storage::Identifier::parse((is_address ? "user=" : "") + std::string(text));
    if (!who && who.error().code == ErrorCode::invalid)
        return fail(ErrorCode::invalid,
                    "\"" + std::string(text) +
                        "\" is none of user=ADDRESS, group=NAME, group-override=NAME, owner, authenticated, anyone");
    if (!who) return fail(who.error());
    subject.who = *who;
    return subject;
}

/// "lrs", "+w", "-w".
Result<AccessChange> change_of(std::string_view text) {
    AccessChange change;
    if (text.starts_with('+')) change.action = AccessChange::Action::add;
    if (text.starts_with('-')) change.action = AccessChange::Action::remove;
    if (change.action != AccessChange::Action::replace) text.remove_prefix(1);
    const Result<storage::Rights> rights = storage::Rights::parse(text);
    if (!rights)
        return fail(ErrorCode::invalid,
                    "\"" + std::string(text) + "\" are not rights: they are letters of lrwstipekxan");
    change.rights = *rights;
    return change;
}

void warn_of(Context& context, const storage::AccessList& list) {
    for (const std::string& line : list.senseless())
        context.err
            << "posthouse: dovecot-acl has a line that can't be understood, so that nobody but the owner has rights: "
            << printable(line) << '\n';
}

bool has_entry(const storage::AccessList& list, const Subject& subject) {
    return std::ranges::any_of(list.entries(), [&](const storage::AccessEntry& entry) {
        return entry.who == subject.who && entry.negative == subject.negative;
    });
}

Exit get_effective(Context& context, const Options& options, const OpenAccount& mail,
                   const storage::MailboxName& mailbox) {
    const Result<auth::MailAddress> viewer = auth::parse_user_address(options.viewer);
    if (!viewer) return report(context, viewer.error());
    const Result<storage::Rights> rights = mail.account->effective_rights(mailbox, {viewer->text(), options.groups});
    if (!rights) return report(context, rights.error());
    return done(context, rights->empty() ? "(none)" : rights->imap_letters(),
                {{"user", viewer->text()}, {"rights", rights->letters()}, {"imap_rights", rights->imap_letters()}});
}

Exit get(Context& context, const Options& options) {
    const Result<storage::MailboxName> mailbox = named_mailbox(context, options.mailbox);
    if (!mailbox) return report(context, mailbox.error());
    const Result<OpenAccount> mail = open_account(context, options.address);
    if (!mail) return report(context, mail.error());
    if (!options.viewer.empty()) return get_effective(context, options, *mail, *mailbox);
    const Result<storage::AccessList> list = mail->account->acl(*mailbox);
    if (!list) return report(context, list.error());
    const std::vector<std::string> senseless = list->senseless();
    if (context.json) {
        nlohmann::json entries = nlohmann::json::array();
        for (const storage::AccessEntry& entry : list->entries())
            entries.push_back({{"identifier", entry.who.text()},
                               {"negative", entry.negative},
                               {"rights", entry.rights.letters()},
                               {"named", entry.named}});
        print_json(context, {{"mailbox", mailbox->text()}, {"entries", entries}, {"senseless", senseless}});
        return Exit::ok;
    }
    Table table({"IDENTIFIER", "RIGHTS"});
    for (const storage::AccessEntry& entry : list->entries()) {
        std::string rights = entry.rights.letters();
        for (const std::string& name : entry.named) rights += " " + name;
        table.add({(entry.negative ? "-" : "") + entry.who.text(), rights.empty() ? "(none)" : rights});
    }
    table.print(context.out);
    warn_of(context, *list);
    return Exit::ok;
}

bool is_of_owner(const Subject& subject, const storage::AccountName& owner) {
    using Kind = storage::Identifier::Kind;
    return subject.who.kind == Kind::owner || (subject.who.kind == Kind::user && subject.who.name == owner.text());
}

Exit change(Context& context, const Options& options, const Result<AccessChange>& change) {
    const Result<storage::MailboxName> mailbox = named_mailbox(context, options.mailbox);
    if (!mailbox) return report(context, mailbox.error());
    const Result<Subject> subject = subject_of(options.identifier);
    if (!subject) return report(context, subject.error());
    if (!change) return report(context, change.error());
    Standing standing = Standing::unknown;
    const auto account = storage::AccountName::parse(subject->who.name);
    if (subject->who.kind == storage::Identifier::Kind::user && account) standing = Standings(context).of(*account);
    const Result<OpenAccount> mail = open_account(context, options.address);
    if (!mail) return report(context, mail.error());
    const bool deletes = change->action == AccessChange::Action::forget;
    const Result<storage::AccessList> before = mail->account->acl(*mailbox);
    if (deletes && before && !has_entry(*before, *subject))
        return report(context, {ErrorCode::not_found, subject->text() + " has no entry on " + mailbox->text(), {}});
    const Result<> changed = mail->account->set_acl(*mailbox, subject->who, subject->negative, *change);
    if (!changed) return report(context, changed.error());
    if (standing == Standing::no_user || standing == Standing::no_domain)
        context.err << "posthouse: Note: there is no user " << printable(account->text()) << '\n';
    if (before) warn_of(context, *before);
    if (is_of_owner(*subject, mail->account->name()) && !deletes)
        context.err << "posthouse: Note: the owner keeps all rights; this entry counts in Dovecot only\n";
    return done(context, "Rights of " + subject->text() + " on " + mailbox->text() + " changed.",
                {{"mailbox", mailbox->text()}, {"identifier", subject->who.text()}, {"negative", subject->negative}});
}

/// Has the registry of who shares with whom tell of what the lists give.
Exit reindex(Context& context, const Options& options) {
    std::uint64_t accounts = 0;
    const Exit exit = for_each_account(
        context, options.targets, [&](storage::Store& store, const storage::AccountName& name, Standing standing) {
            const auto account = store.open(name, storage::IfMissing::fail);
            if (!account) return report_no_account(context, store, name, standing, account.error());
            if (Result<> noted = (*account)->note_shares(); !noted) return report(context, noted.error());
            ++accounts;
            return Exit::ok;
        });
    if (exit != Exit::ok) return exit;
    return done(context, "Access control lists of " + with_commas(accounts) + " accounts noted.",
                {{"accounts", accounts}});
}

}  // namespace

void add_acl_commands(CLI::App& app, Context& context) {
    CLI::App* group = add_group(app, "acl", "Rights of others on a user's mailboxes");
    auto options = std::make_shared<Options>();
    const auto with_mailbox = [options](CLI::App* command) {
        command->add_option("address", options->address, "Whose mailbox")->required();
        command->add_option("mailbox", options->mailbox, "The mailbox, e.g. INBOX or Work/Open")->required();
    };
    const auto with_identifier = [options](CLI::App* command) {
        command
            ->add_option("identifier", options->identifier,
                         "ADDRESS or user=ADDRESS, group=NAME, group-override=NAME, owner, authenticated, anyone;\n"
                         "with - before it, after --: rights that are taken away after all")
            ->required();
    };

    CLI::App* command = add_command(*group, context, "get", "Show who has which rights on a mailbox",
                                    "acl get joe@example.org Work\n"
                                    "acl get joe@example.org Work --for ann@example.org",
                                    [&context, options] { return get(context, *options); });
    with_mailbox(command);
    CLI::Option* viewer = command->add_option("--for", options->viewer, "What this user may do, all in all");
    viewer->type_name("ADDRESS");
    command->add_option("--group", options->groups, "A group that this user is in; may be repeated")
        ->type_name("NAME")
        ->needs(viewer);

    command = add_command(*group, context, "set", "Give or take rights on a mailbox",
                          "acl set joe@example.org Work ann@example.org lrs\n"
                          "acl set joe@example.org Work ann@example.org +wt\n"
                          "acl set joe@example.org Work -- -group=staff t",
                          [&context, options] { return change(context, *options, change_of(options->rights)); });
    with_mailbox(command);
    with_identifier(command);
    command
        ->add_option(
            "rights", options->rights,
            "Letters of RFC 4314, + before them adds, - takes (after --): l lookup, r read, s keep seen, w other\n"
            "flags, t delete flag, e expunge, i insert, p post, k create below, x delete mailbox, a administer")
        ->required();

    command = add_command(
        *group, context, "delete", "Delete someone's entry; then entries for others apply, e.g. anyone's",
        "acl delete joe@example.org Work ann@example.org",
        [&context, options] { return change(context, *options, AccessChange{AccessChange::Action::forget}); });
    with_mailbox(command);
    with_identifier(command);

    Command* reindexing = add_command(*group, context, "reindex", "Note anew who shares mailboxes with whom",
                                      "acl reindex --all", [&context, options] { return reindex(context, *options); });
    reindexing->note =
        "Sessions list others' mailboxes by what was noted. To be run when another program, e.g. Dovecot,\n"
        "has changed access control lists, and when mail was restored.";
    add_target_options(*reindexing, options->targets, OneMailbox::no);
}

}  // namespace posthouse::cli
