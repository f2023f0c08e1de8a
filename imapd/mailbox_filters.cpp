// The mailboxes that filters name.
#include "imapd/mailbox_filters.h"

#include <algorithm>
#include <utility>

#include "imapd/mailbox_names.h"

namespace posthouse::imapd {

Result<NamedFilter> NamedFilter::make(const imap::MailboxFilter& filter, const Enabled& enabled) {
    NamedFilter named(filter.kind);
    for (const std::string& wire : filter.names) {
        Result<storage::MailboxName> name = parse_mailbox(enabled, wire);
        if (!name) return fail(name.error());
        named.names_.push_back(std::move(*name));
    }
    return named;
}

bool NamedFilter::matches(const storage::MailboxName& name, bool is_subscribed, bool is_own) const {
    const auto any = [&](const auto& is_meant) { return std::ranges::any_of(names_, is_meant); };
    switch (kind_) {
        case Kind::selected:
        case Kind::selected_delayed: return false;
        // What comes in by SMTP goes there.
        case Kind::inboxes: return name.is_inbox();
        case Kind::personal: return is_own;
        case Kind::subscribed: return is_subscribed;
        case Kind::subtree:
            return any([&](const storage::MailboxName& top) { return name == top || name.is_below(top); });
        case Kind::subtree_one:
            return any([&](const storage::MailboxName& top) { return name == top || name.parent() == top; });
        case Kind::mailboxes: return any([&](const storage::MailboxName& one) { return name == one; });
    }
    return false;
}

}  // namespace posthouse::imapd
