// The mailboxes that filters name (RFC 5465 §6, RFC 7377 §2.2).
#pragma once

#include <string_view>
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

    /// Never true for what is selected. `is_own`: it is none of another user's. Costs a binary search; of a subtree one
    /// for each level of the name.
    bool matches(const storage::MailboxName& name, bool is_subscribed, bool is_own = true) const;
    bool is_selected() const { return kind_ == Kind::selected || kind_ == Kind::selected_delayed; }
    /// EXPUNGE waits for a command that allows it (RFC 5465 §6.2).
    bool is_delayed() const { return kind_ == Kind::selected_delayed; }
    /// Whether it must be known what is subscribed.
    bool asks_subscriptions() const { return kind_ == Kind::subscribed; }

    /// The names in it, ascending.
    const std::vector<storage::MailboxName>& names() const { return names_; }

  private:
    using Kind = imap::MailboxFilter::Kind;
    explicit NamedFilter(Kind kind) : kind_(kind) {}
    bool has(std::string_view name) const;

    Kind kind_;
    std::vector<storage::MailboxName> names_;  ///< each once, ascending
};

}  // namespace posthouse::imapd
