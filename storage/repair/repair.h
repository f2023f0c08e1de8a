// Checking and mending a user's mail, while the server runs. A check writes nothing; a repair loses nothing.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "lib/base/result.h"
#include "storage/mailbox_name.h"
#include "storage/repair/finding.h"
#include "storage/store.h"

namespace posthouse::storage {

struct RepairOptions {
    bool mends = false;               ///< does something about what it finds
    bool contents = false;            ///< reads every message, to know whether it can be read and what W= should be
    std::optional<MailboxName> only;  ///< one mailbox; what concerns the whole account is left out
    /// The user of the account sees another account's mailbox under this name (namespaces.h). Null: no name is one.
    std::function<bool(const MailboxName&)> is_of_others = nullptr;
};

/// Is told what happens meanwhile, by the thread that called.
class RepairListener {
  public:
    virtual ~RepairListener() = default;
    /// In the order in which it is found, mailbox by mailbox.
    virtual void found(const Finding& finding) = 0;
    /// So many of so many files were looked at.
    virtual void progress(std::uint64_t done, std::uint64_t total) {
        static_cast<void>(done);
        static_cast<void>(total);
    }
};

/// Goes through an account's mailboxes; damage of one is a finding and keeps nobody from the next. Takes the locks that
/// sessions take, in pieces; sessions go on. Killed at any moment it leaves nothing that sessions or the next repair
/// can't go on from. What it doesn't understand it moves to posthouse-aside/ (aside.h).
/// not_found: no such account or mailbox. Other errors: the account's folder can't be read.
Result<> repair_account(Store& store, const AccountName& account, const RepairOptions& options,
                        RepairListener& listener);

}  // namespace posthouse::storage
