// Finding the accounts by their folders, and taking their owner's rights.
#include "cli/mailbox_targets.h"

#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/Option.hpp>
#include <cerrno>
#include <vector>

#include "auth/directory/address.h"
#include "storage/accounts_on_disk.h"
#include "storage/configure.h"

namespace posthouse::cli {
namespace {

/// Root as another user, until the end of its life.
class RightsOf {
  public:
    explicit RightsOf(const std::string& folder) {
        struct stat st{};
        if (::geteuid() != 0 || ::stat(folder.c_str(), &st) != 0 || st.st_uid == 0) return;
        groups_.resize(static_cast<std::size_t>(std::max(::getgroups(0, nullptr), 0)));
        const int count = ::getgroups(static_cast<int>(groups_.size()), groups_.data());
        groups_.resize(static_cast<std::size_t>(std::max(count, 0)));
        group_ = ::getegid();
        is_other_ = true;
        failed_ = ::setgroups(1, &st.st_gid) != 0 || ::setegid(st.st_gid) != 0 || ::seteuid(st.st_uid) != 0;
    }
    RightsOf(const RightsOf&) = delete;
    RightsOf& operator=(const RightsOf&) = delete;
    ~RightsOf() {
        if (!is_other_) return;
        // Who can't have its own rights back goes no further with others'.
        if (::seteuid(0) != 0 || ::setegid(group_) != 0 || ::setgroups(groups_.size(), groups_.data()) != 0) ::_exit(1);
    }
    bool failed() const { return failed_; }

  private:
    bool is_other_ = false;
    bool failed_ = false;
    gid_t group_ = 0;
    std::vector<gid_t> groups_;
};

Result<std::vector<storage::AccountName>> accounts_of(const config::Config& config, const MailboxTargets& targets) {
    if (targets.is_one_account()) {
        const Result<auth::MailAddress> address = auth::parse_user_address(targets.address);
        if (!address) return fail(address.error());
        Result<storage::AccountName> name = storage::AccountName::make(address->local, address->domain);
        if (!name) return fail(name.error());
        return std::vector{std::move(*name)};
    }
    if (targets.all) return storage::accounts_on_disk(config.general.mail_root, {});
    if (targets.domain.empty()) return fail(ErrorCode::invalid, "Whose mailboxes? Give an address, --domain or --all");
    const Result<std::string> domain = auth::canonical_domain(targets.domain);
    if (!domain) return fail(domain.error());
    return storage::accounts_on_disk(config.general.mail_root, *domain);
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
    CLI::Option* domain = command.add_option("--domain", targets.domain, "All accounts of this domain");
    CLI::Option* all = command.add_flag("--all", targets.all, "All accounts");
    domain->excludes(address);
    all->excludes(address)->excludes(domain);
}

Result<std::optional<storage::MailboxName>> mailbox_of(const MailboxTargets& targets) {
    if (targets.mailbox.empty()) return std::nullopt;
    Result<storage::MailboxName> name = storage::MailboxName::parse(targets.mailbox);
    if (!name) return fail(name.error());
    return std::move(*name);
}

Exit for_each_account(Context& context, const MailboxTargets& targets, const AccountWork& work) {
    const Result<config::Snapshot> config = context.config();
    if (!config) return report(context, config.error());
    const Result<std::vector<storage::AccountName>> accounts = accounts_of(**config, targets);
    if (!accounts) return report(context, accounts.error());
    Exit exit = Exit::ok;
    for (const storage::AccountName& account : *accounts) {
        const storage::Settings settings = storage::settings_from(**config);
        const RightsOf owner(settings.mail_root + "/" + account.domain() + "/" + account.local_part());
        if (owner.failed())
            return report(context, {ErrorCode::denied, "The rights of the mail's owner can't be taken", {}});
        storage::Store store(settings);
        const Exit done = work(store, account);
        if (exit == Exit::ok) exit = done;
    }
    return exit;
}

}  // namespace posthouse::cli
