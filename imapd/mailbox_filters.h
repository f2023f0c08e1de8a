// The mailboxes that filters name (RFC 5465 §6, RFC 7377 §2.2).
#pragma once

#include <span>
#include <vector>

#include "imapd/enabled.h"
#include "lib/base/result.h"
#include "lib/imap/mailbox_filter.h"
#include "storage/mailbox_name.h"

namespace posthouse::imapd {

/// A filter whose names are known to be names.
class NamedFilter {
  public:
    /// invalid, limit: a name makes no sense.
    static Result<NamedFilter> make(const imap::MailboxFilter& filter, const Enabled& enabled);

    /// Never true for what is selected. `is_own`: it is none of another user's.
    bool matches(const storage::MailboxName& name, bool is_subscribed, bool is_own = true) const;
    bool is_selected() const { return kind_ == Kind::selected || kind_ == Kind::selected_delayed; }
    /// EXPUNGE waits for a command that allows it (RFC 5465 §6.2).
    bool is_delayed() const { return kind_ == Kind::selected_delayed; }
    /// Whether it must be known what is subscribed.
    bool asks_subscriptions() const { return kind_ == Kind::subscribed; }

  private:
    using Kind = imap::MailboxFilter::Kind;
    explicit NamedFilter(Kind kind) : kind_(kind) {}

    Kind kind_;
    std::vector<storage::MailboxName> names_;
};

}  // namespace posthouse::imapd
