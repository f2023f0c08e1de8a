// Which mailboxes LIST and LSUB show, and how.
#include "imapd/listing.h"

#include <algorithm>
#include <utility>

#include "imapd/mailbox_names.h"
#include "lib/base/ascii.h"
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

/// Looking at one mailbox, whatever the patterns are.
constexpr std::size_t kStepsPerName = 500;

/// Those whose names have others beside them in order: all but INBOX.
ListedMailboxes sorted_part(ListedMailboxes mailboxes) {
    const bool has_inbox = !mailboxes.empty() && mailboxes.front().name.is_inbox();
    return mailboxes.subspan(has_inbox ? 1 : 0);
}

std::string_view text_of(const storage::ListedMailbox& mailbox) { return mailbox.name.text(); }

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

bool WantedBelow::has(const storage::MailboxName& name) const {
    const ListedMailboxes sorted = sorted_part(mailboxes_);
    // Whatever begins with "Work/" lies between that and "Work0".
    const auto index_of = [&](char separator) {
        const auto place = std::ranges::lower_bound(sorted, name.text() + separator, {}, text_of);
        return static_cast<std::size_t>(place - sorted.begin()) + (mailboxes_.size() - sorted.size());
    };
    const std::size_t first = index_of(storage::hierarchy_separator);
    return before_[index_of(storage::hierarchy_separator + 1)] > before_[first];
}

bool ListRun::is_selected(const storage::ListedMailbox& mailbox) const {
    if (command_.select_subscribed && !mailbox.subscribed) return false;
    if (command_.select_special_use && (mailbox.special_use.empty() || !mailbox.exists)) return false;
    const bool selective = command_.select_subscribed || command_.select_special_use;
    // A name that is only subscribed is no mailbox; a parent shows its children the way, and can be deleted.
    return selective || mailbox.exists || mailbox.has_children || mailbox.is_parent;
}

std::string ListRun::line_for(const storage::ListedMailbox& mailbox, std::string_view name, bool selected_below) const {
    imap::ListLine line;
    line.name = name;
    line.separator = storage::hierarchy_separator;
    if (!mailbox.exists)
        line.attributes.emplace_back(command_.extended || enabled_.rev2 ? "\\NonExistent" : "\\Noselect");
    append_attributes(line, mailbox);
    if ((command_.return_subscribed || command_.select_subscribed) && mailbox.subscribed)
        line.attributes.emplace_back("\\Subscribed");
    line.child_is_subscribed = selected_below && command_.select_subscribed;
    std::string out;
    imap::append_list(out, line);
    return out;
}

bool ListRun::advance(std::vector<Listing>& listings) {
    // Made in each turn: sessions that wait for their turns hold none of them.
    std::vector<imap::ListPattern> patterns;
    patterns.reserve(command_.patterns.size());
    for (const std::string& pattern : command_.patterns) patterns.push_back(join(command_.reference, pattern));
    if (command_.select_recursive_match && next_ == 0)
        selected_below_.count([&](const storage::ListedMailbox& mailbox) { return is_selected(mailbox); });

    ListingTurn turn;
    for (; next_ < mailboxes_.size() && !turn.is_over(); ++next_) {
        const storage::ListedMailbox& mailbox = mailboxes_[next_];
        turn.steps += kStepsPerName;
        const bool selected_below = command_.select_recursive_match && selected_below_.has(mailbox.name);
        if (!is_selected(mailbox) && !selected_below) continue;
        const std::string name = wire_name(enabled_, mailbox.name);
        const bool is_meant = std::ranges::any_of(patterns, [&](const imap::ListPattern& pattern) {
            turn.steps += pattern.steps(name);
            return pattern.matches(name);
        });
        if (!is_meant) continue;
        listings.emplace_back(mailbox.name, line_for(mailbox, name, selected_below), mailbox.exists);
        turn.octets += listings.back().line.size();
    }
    return next_ < mailboxes_.size();
}

LsubRun::LsubRun(const imap::Lsub& command, ListedMailboxes mailboxes, const Enabled& enabled)
    : pattern_(join(command.reference, command.pattern)), mailboxes_(mailboxes), enabled_(enabled) {}

void LsubRun::show(const storage::MailboxName& mailbox, Kind kind, std::string& lines, ListingTurn& turn) const {
    const std::string name = wire_name(enabled_, mailbox);
    turn.steps += kStepsPerName + pattern_.steps(name);
    if (!pattern_.matches(name)) return;
    imap::ListLine line;
    line.command = "LSUB";
    line.name = name;
    line.separator = storage::hierarchy_separator;
    if (kind == Kind::way_to_subscribed) line.attributes.emplace_back("\\Noselect");
    const std::size_t before = lines.size();
    imap::append_list(lines, line);
    turn.octets += lines.size() - before;
}

bool LsubRun::is_subscribed(const storage::MailboxName& name) const {
    if (name.is_inbox()) return !mailboxes_.empty() && mailboxes_.front().name == name && mailboxes_.front().subscribed;
    const ListedMailboxes sorted = sorted_part(mailboxes_);
    const auto place = std::ranges::lower_bound(sorted, std::string_view(name.text()), {}, text_of);
    return place != sorted.end() && place->name == name && place->subscribed;
}

bool LsubRun::advance(std::string& lines) {
    ListingTurn turn;
    for (; next_ < mailboxes_.size() && !turn.is_over(); ++next_) {
        const storage::ListedMailbox& mailbox = mailboxes_[next_];
        turn.steps += kStepsPerName;
        if (!mailbox.subscribed) continue;
        show(mailbox.name, Kind::subscribed, lines, turn);
        const storage::MailboxName* last = std::exchange(last_subscribed_, &mailbox.name);
        // With "%" a name that isn't subscribed is shown as the way to those below it that are (RFC 3501 §6.3.9): once,
        // for these lie side by side.
        if (!pattern_.ends_at_level()) continue;
        for (auto parent = mailbox.name.parent(); parent; parent = parent->parent()) {
            if (last != nullptr && last->is_below(*parent)) break;
            if (!is_subscribed(*parent)) show(*parent, Kind::way_to_subscribed, lines, turn);
        }
    }
    return next_ < mailboxes_.size();
}

}  // namespace posthouse::imapd
