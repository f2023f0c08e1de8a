// Whose mailboxes a `posthouse mailbox` command is about, and working through them one account after the other.
#pragma once

#include <CLI/App.hpp>
#include <functional>
#include <optional>
#include <string>

#include "cli/command.h"
#include "cli/standing.h"
#include "storage/mailbox_name.h"
#include "storage/store.h"

namespace posthouse::cli {

/// ADDRESS [MAILBOX], --domain or --all.
struct MailboxTargets {
    std::string address;
    std::string mailbox;  ///< empty: all of the account
    std::string domain;
    bool all = false;

    bool is_one_account() const { return !address.empty(); }
};

/// Whether a command takes the name of one mailbox.
enum class OneMailbox { no, may, inbox_by_default };

/// Adds the options to a command.
void add_target_options(CLI::App& command, MailboxTargets& targets, OneMailbox one);

/// The mailbox named; nothing: none was.
Result<std::optional<storage::MailboxName>> mailbox_of(const Context& context, const MailboxTargets& targets);

/// One account's turn.
using AccountWork = std::function<Exit(storage::Store& store, const storage::AccountName& account, Standing standing)>;

/// Reports that an account could not be opened or listed.
Exit report_no_account(Context& context, const storage::Store& store, const storage::AccountName& account,
                       Standing standing, const Error& error);

/// Does `work` for each account that has mail on disk, in the order of their names; goes on after failures and gives
/// the first that wasn't ok. One account without mail: not_found, said as no_mail() does. Run by root, it has the
/// rights of the mail's owner meanwhile: what is made belongs to that user, and no link in a user's folder leads to
/// more than that user may see.
Exit for_each_account(Context& context, const MailboxTargets& targets, const AccountWork& work);

}  // namespace posthouse::cli
