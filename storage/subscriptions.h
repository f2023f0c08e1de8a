// The file `subscriptions` of an account, as Dovecot writes it (version 2) and wrote it (a name per line).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "storage/mailbox_name.h"

namespace posthouse::storage {

/// The subscribed names in the file's order. What can't be a name is kept as it stands.
class Subscriptions {
  public:
    /// From the file's text, whichever version.
    static Subscriptions parse(std::string_view text);
    /// The text of version 2: "V\t2\n\n", then a name per line in modified UTF-7, tabs between its levels.
    std::string text() const;

    std::vector<MailboxName> names() const;
    bool contains(const MailboxName& name) const;
    /// False: it was there already.
    bool add(const MailboxName& name);
    /// False: it wasn't there.
    bool remove(const MailboxName& name);

  private:
    std::vector<std::string> folders_;  ///< as Maildir++ folders with tabs for dots: "Work\tOpen", "INBOX"
};

/// Reads the file; a missing one is empty.
Result<Subscriptions> read_subscriptions(int account_root);
/// Replaces the file durably.
Result<> write_subscriptions(int account_root, const Subscriptions& subscriptions);

}  // namespace posthouse::storage
