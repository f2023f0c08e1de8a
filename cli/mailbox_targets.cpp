// Finding the accounts by their folders, and taking their owner's rights.
#include "cli/mailbox_targets.h"

#include <sys/stat.h>

#include <CLI/Option.hpp>
#include <cerrno>
#include <utility>
#include <vector>

#include "auth/directory/address.h"
#include "cli/mail_owner.h"
#include "cli/open_directory.h"
#include "cli/open_mailbox.h"
#include "storage/accounts_on_disk.h"
#include "storage/configure.h"
#include "storage/store_state.h"

namespace posthouse::cli {
namespace {

Result<std::vector<storage::AccountName>> accounts_of(const Context& context, const config::Config& config,
                                                      const MailboxTargets& targets) {
    if (targets.is_one_account()) {
        const Result<auth::MailAddress> address = auth::parse_user_address(targets.address, local_part(context));
        if (!address) return fail(address.error());
        Result<storage::AccountName> name = storage::AccountName::make(address->local, address->domain);
        if (!name) return fail(name.error());
        return std::vector{std::move(*name)};
    }
    if (targets.all) return storage::accounts_on_disk(config.general.mail_root, {});
    if (targets.domain.empty()) return fail(ErrorCode::invalid, "Whose mailboxes? Give an address, --domain or --all");
    const Result<std::string> domain = auth::canonical_domain(targets.domain);
    if (!domain) return fail(domain.error());
    Result<std::vector<storage::AccountName>> accounts = storage::accounts_on_disk(config.general.mail_root, *domain);
    if (!accounts && accounts.error().code == ErrorCode::not_found)
        return fail(ErrorCode::not_found, "Domain " + *domain + " has no mail");
    return accounts;
}

}  // namespace

void add_target_options(CLI::App& command, MailboxTargets& targets, OneMailbox one) {
    CLI::Option* address = command.add_option("address", targets.address, "The user's mail address");
    if (one != OneMailbox::no)
        command
            .add_option("mailbox", targets.mailbox,
                        one == OneMailbox::may ? "Only this mailbox, e.g. Work/Open"
                                               : "Which mailbox, e.g. Work/Open; otherwise INBOX")
            ->needs(address);
    CLI::Option* domain =
        command.add_option("--domain", targets.domain, "All accounts of this domain")->type_name("DOMAIN");
    CLI::Option* all = command.add_flag("--all", targets.all, "All accounts");
    domain->excludes(address);
    all->excludes(address)->excludes(domain);
}

Result<std::optional<storage::MailboxName>> mailbox_of(const Context& context, const MailboxTargets& targets) {
    if (targets.mailbox.empty()) return std::nullopt;
    Result<storage::MailboxName> name = named_mailbox(context, targets.mailbox);
    if (!name) return fail(name.error());
    return std::move(*name);
}

Exit report_no_account(Context& context, const storage::Store& store, const storage::AccountName& account,
                       Standing standing, const Error& error) {
    if (error.code != ErrorCode::not_found) return report(context, error);
    return report(context, no_mail(account.text(), store.state().root_of(account), standing));
}

Exit for_each_account(Context& context, const MailboxTargets& targets, const AccountWork& work) {
    const Result<config::Snapshot> config = context.config();
    if (!config) return report(context, config.error());
    const Result<std::vector<storage::AccountName>> accounts = accounts_of(context, **config, targets);
    if (!accounts) return report(context, accounts.error());
    Exit exit = Exit::ok;
    Standings standings(context);
    for (const storage::AccountName& account : *accounts) {
        const storage::Settings settings = storage::settings_from(**config);
        const std::string folder = settings.mail_root + "/" + account.domain() + "/" + account.local_part();
        const Standing standing = standings.of(account);
        struct stat st{};
        if (targets.is_one_account() && ::stat(folder.c_str(), &st) != 0 && errno == ENOENT)
            return report(context, no_mail(account.text(), folder, standing));
        const Result<ActingAsOwner> acting = ActingAsOwner::of_mail(**config, folder);
        if (!acting) return report(context, acting.error());
        storage::Store store(settings);
        const Exit done = work(store, account, standing);
        if (exit == Exit::ok) exit = done;
    }
    return exit;
}

}  // namespace posthouse::cli
