// Which mailboxes LIST and LSUB show, and how.
#include "imapd/listing.h"

#include <algorithm>
#include <functional>
#include <set>

#include "imapd/mailbox_names.h"
#include "lib/base/ascii.h"
#include "lib/imap/list_pattern.h"
#include "lib/imap/responses.h"
#include "storage/namespaces.h"

namespace posthouse::imapd {
namespace {

/// Reference and pattern make one pattern; INBOX as its first level is spelled as storage spells it.
imap::ListPattern join(std::string_view reference, std::string_view pattern) {
    std::string whole = std::string(reference) + std::string(pattern);
    if (ascii::istarts_with(whole, "INBOX/")) whole.replace(0, 5, "INBOX");
    return {whole, storage::hierarchy_separator};
}

/// All names that have one of the wanted ones below them.
std::set<storage::MailboxName> parents_of(const std::vector<storage::ListedMailbox>& mailboxes,
                                          const std::function<bool(const storage::ListedMailbox&)>& wanted) {
    std::set<storage::MailboxName> parents;
    for (const storage::ListedMailbox& mailbox : mailboxes) {
        if (!wanted(mailbox)) continue;
        for (auto parent = mailbox.name.parent(); parent; parent = parent->parent()) {
            if (!parents.insert(*parent).second) break;
        }
    }
    return parents;
}

void append_attributes(imap::ListLine& line, const storage::ListedMailbox& mailbox) {
    line.attributes.emplace_back(mailbox.has_children ? "\\HasChildren" : "\\HasNoChildren");
    if (!mailbox.special_use.empty() && mailbox.exists) line.attributes.emplace_back(mailbox.special_use);
}

/// Up to the first wildcard both may be the same.
bool may_lead_to(std::string_view pattern, std::string_view prefix) {
    const std::string_view fixed = pattern.substr(0, pattern.find_first_of("*%"));
    return prefix.starts_with(fixed) || fixed.starts_with(prefix);
}

}  // namespace

std::string line_of(const storage::ListedMailbox& mailbox, std::string_view old_name, const Enabled& enabled) {
    const std::string name = wire_name(enabled, mailbox.name);
    imap::ListLine line;
    line.name = name;
    line.separator = storage::hierarchy_separator;
    line.old_name = old_name;
    if (!mailbox.exists) line.attributes.emplace_back("\\NonExistent");
    if (mailbox.exists) append_attributes(line, mailbox);
    if (mailbox.subscribed) line.attributes.emplace_back("\\Subscribed");
    std::string out;
    imap::append_list(out, line);
    return out;
}

bool may_show_others(const imap::List& command) {
    return std::ranges::any_of(command.patterns, [&](const std::string& pattern) {
        const std::string whole = command.reference + pattern;
        return may_lead_to(whole, storage::other_users_root) || may_lead_to(whole, storage::shared_root);
    });
}

std::vector<Listing> listing_of(const imap::List& command, const std::vector<storage::ListedMailbox>& mailboxes,
                                const Enabled& enabled) {
    std::vector<imap::ListPattern> patterns;
    patterns.reserve(command.patterns.size());
    for (const std::string& pattern : command.patterns) patterns.push_back(join(command.reference, pattern));

    const bool selective = command.select_subscribed || command.select_special_use;
    const auto selected = [&](const storage::ListedMailbox& mailbox) {
        if (command.select_subscribed && !mailbox.subscribed) return false;
        if (command.select_special_use && (mailbox.special_use.empty() || !mailbox.exists)) return false;
        // A name that is only subscribed is no mailbox; a parent shows its children the way, and can be deleted.
        return selective || mailbox.exists || mailbox.has_children || mailbox.is_parent;
    };
    std::set<storage::MailboxName> parents;
    if (command.select_recursive_match) parents = parents_of(mailboxes, selected);

    std::vector<Listing> listings;
    for (const storage::ListedMailbox& mailbox : mailboxes) {
        const bool selected_below = parents.contains(mailbox.name);
        if (!selected(mailbox) && !selected_below) continue;
        const std::string name = wire_name(enabled, mailbox.name);
        if (std::ranges::none_of(patterns, [&](const imap::ListPattern& p) { return p.matches(name); })) continue;
        imap::ListLine line;
        line.name = name;
        line.separator = storage::hierarchy_separator;
        if (!mailbox.exists)
            line.attributes.emplace_back(command.extended || enabled.rev2 ? "\\NonExistent" : "\\Noselect");
        append_attributes(line, mailbox);
        if ((command.return_subscribed || command.select_subscribed) && mailbox.subscribed) {
            line.attributes.emplace_back("\\Subscribed");
        }
        line.child_is_subscribed = selected_below && command.select_subscribed;
        Listing& listing = listings.emplace_back(mailbox.name, "", mailbox.exists);
        imap::append_list(listing.line, line);
    }
    return listings;
}

std::vector<Listing> listing_of(const imap::Lsub& command, const std::vector<storage::ListedMailbox>& mailboxes,
                                const Enabled& enabled) {
    const imap::ListPattern pattern = join(command.reference, command.pattern);
    const auto subscribed = [](const storage::ListedMailbox& mailbox) { return mailbox.subscribed; };
    // With "%" a name that isn't subscribed is shown as the way to those below it that are (RFC 3501 §6.3.9).
    std::set<storage::MailboxName> parents;
    if (pattern.ends_at_level()) parents = parents_of(mailboxes, subscribed);

    std::set<storage::MailboxName> shown;
    std::vector<Listing> listings;
    const auto show = [&](const storage::MailboxName& mailbox, bool is_subscribed) {
        const std::string name = wire_name(enabled, mailbox);
        if (!pattern.matches(name) || !shown.insert(mailbox).second) return;
        imap::ListLine line;
        line.command = "LSUB";
        line.name = name;
        line.separator = storage::hierarchy_separator;
        if (!is_subscribed) line.attributes.emplace_back("\\Noselect");
        imap::append_list(listings.emplace_back(mailbox, "", false).line, line);
    };
    for (const storage::ListedMailbox& mailbox : mailboxes) {
        if (mailbox.subscribed) show(mailbox.name, true);
    }
    for (const storage::MailboxName& parent : parents) show(parent, false);
    return listings;
}

}  // namespace posthouse::imapd
