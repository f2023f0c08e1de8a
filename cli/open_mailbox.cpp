// A user's mail that a command works on, opened as its owner.
#include "cli/open_mailbox.h"

#include <utility>

#include "auth/directory/address.h"
#include "cli/open_directory.h"
#include "cli/standing.h"
#include "storage/configure.h"

namespace posthouse::cli {

Result<storage::MailboxName> named_mailbox(const Context& context, const std::string& text) {
    Result<storage::MailboxName> name = storage::MailboxName::parse(text);
    const Result<config::Snapshot> config = context.config();
    if (!config || !name) return name;
    const storage::Layout layout = storage::settings_from(**config).layout;
    const Result<storage::MailboxName> meant = layout.name(text);
    if (meant && !layout.folder(*name))
        return fail(ErrorCode::invalid, text + " is the name of a folder; its mailbox is " + meant->text());
    return name;
}

Result<OpenAccount> open_account(const Context& context, const std::string& address) {
    const Result<config::Snapshot> config = context.config();
    if (!config) return fail(config.error());
    const Result<auth::MailAddress> parsed = auth::parse_user_address(address, local_part(context));
    if (!parsed) return fail(parsed.error());
    const Result<storage::AccountName> name = storage::AccountName::make(parsed->local, parsed->domain);
    if (!name) return fail(name.error());
    const std::string folder = (*config)->general.mail_root + "/" + name->domain() + "/" + name->local_part();
    const Standing standing = Standings(context).of(*name);
    Result<ActingAsOwner> acting = ActingAsOwner::of_mail(**config, folder);
    if (!acting) return fail(acting.error());
    OpenAccount opened{std::move(*acting), std::make_unique<storage::Store>(storage::settings_from(**config)), nullptr};
    Result<std::shared_ptr<storage::Account>> account = opened.store->open(*name, storage::IfMissing::fail);
    if (!account && account.error().code == ErrorCode::not_found) return fail(no_mail(name->text(), folder, standing));
    if (!account) return fail(account.error());
    opened.account = std::move(*account);
    return opened;
}

}  // namespace posthouse::cli
