// The mailboxes that filters name.
#include "imapd/mailbox_filters.h"

#include <algorithm>
#include <utility>

#include "imapd/mailbox_names.h"

namespace posthouse::imapd {
namespace {

/// "Work" for "Work/Open"; empty for a name of one level.
std::string_view parent_of(std::string_view name) {
    const std::size_t separator = name.rfind(storage::hierarchy_separator);
    return separator == std::string_view::npos ? std::string_view() : name.substr(0, separator);
}

}  // namespace

Result<NamedFilter> NamedFilter::make(const imap::MailboxFilter& filter, const Enabled& enabled) {
    NamedFilter named(filter.kind);
    for (const std::string& wire : filter.names) {
        Result<storage::MailboxName> name = parse_mailbox(enabled, wire);
        if (!name) return fail(name.error());
        named.names_.push_back(std::move(*name));
    }
    std::ranges::sort(named.names_);
    const auto twice = std::ranges::unique(named.names_);
    named.names_.erase(twice.begin(), twice.end());
    return named;
}

bool NamedFilter::has(std::string_view name) const {
    const auto text = [](const storage::MailboxName& one) { return std::string_view(one.text()); };
    return std::ranges::binary_search(names_, name, {}, text);
}

bool NamedFilter::matches(const storage::MailboxName& name, bool is_subscribed, bool is_own) const {
    switch (kind_) {
        case Kind::selected:
        case Kind::selected_delayed: return false;
        // What comes in by SMTP goes there.
        case Kind::inboxes: return name.is_inbox();
        case Kind::personal: return is_own;
        case Kind::subscribed: return is_subscribed;
        case Kind::subtree:
            for (std::string_view top = name.text(); !top.empty(); top = parent_of(top))
                if (has(top)) return true;
            return false;
        case Kind::subtree_one: return has(name.text()) || has(parent_of(name.text()));
        case Kind::mailboxes: return has(name.text());
    }
    return false;
}

}  // namespace posthouse::imapd
