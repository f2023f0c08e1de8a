// A user's mail that a command works on, opened as its owner.
#include "cli/open_mailbox.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "auth/directory/address.h"
#include "storage/configure.h"

namespace posthouse::cli {
namespace {

/// Root works as the owner of the mail: what root made the server could not read.
Result<> become_owner(const std::string& folder) {
    struct stat st{};
    if (::geteuid() != 0 || ::stat(folder.c_str(), &st) != 0 || st.st_uid == 0) return {};
    if (::setegid(st.st_gid) != 0 || ::seteuid(st.st_uid) != 0) return fail_errno("become owner of " + folder, errno);
    return {};
}

}  // namespace

Result<OpenAccount> open_account(const Context& context, const std::string& address) {
    const Result<config::Snapshot> config = context.config();
    if (!config) return fail(config.error());
    const Result<auth::MailAddress> parsed = auth::parse_user_address(address);
    if (!parsed) return fail(parsed.error());
    const Result<storage::AccountName> name = storage::AccountName::make(parsed->local, parsed->domain);
    if (!name) return fail(name.error());
    const std::string folder = (*config)->general.mail_root + "/" + name->domain() + "/" + name->local_part();
    if (Result<> became = become_owner(folder); !became) return fail(became.error());
    OpenAccount opened{std::make_unique<storage::Store>(storage::settings_from(**config)), nullptr};
    Result<std::shared_ptr<storage::Account>> account = opened.store->open(*name, storage::IfMissing::fail);
    if (!account && account.error().code == ErrorCode::not_found)
        return fail(ErrorCode::not_found, parsed->text() + " has no mail yet", account.error().detail);
    if (!account) return fail(account.error());
    opened.account = std::move(*account);
    return opened;
}

}  // namespace posthouse::cli
