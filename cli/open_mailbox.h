// A user's mail that a command works on.
#pragma once

#include <memory>
#include <string>

#include "cli/command.h"
#include "cli/mail_owner.h"
#include "storage/account.h"

namespace posthouse::cli {

/// A user's account, and the store that it is part of.
struct OpenAccount {
    ActingAsOwner acting;
    std::unique_ptr<storage::Store> store;
    std::shared_ptr<storage::Account> account;
};

/// The mailbox of this name. invalid: none can be called so; a folder's name is told as such, with its mailbox's.
Result<storage::MailboxName> named_mailbox(const Context& context, const std::string& text);

/// Opens the mail of `address`. not_found: there is none (yet); errors as Context::config, and of an invalid address.
Result<OpenAccount> open_account(const Context& context, const std::string& address);

}  // namespace posthouse::cli
