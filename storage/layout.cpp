// Names to folders and back.
#include "storage/layout.h"

#include <algorithm>
#include <array>

#include "lib/base/ascii.h"
#include "lib/base/utf7.h"

namespace posthouse::storage {
namespace {

/// Longest name of a file on every Linux file system.
constexpr std::size_t max_file_name = 255;

std::unexpected<Error> not_a_folder() { return fail(ErrorCode::invalid, "Not a mailbox's folder"); }

std::string joined(const std::vector<std::string>& levels, char separator) {
    std::string text;
    for (const std::string& level : levels) {
        if (!text.empty()) text += separator;
        text += level;
    }
    return text;
}

}  // namespace

bool is_reserved(std::string_view entry) {
    static constexpr auto names =
        std::to_array<std::string_view>({"cur", "new", "tmp", "dovecot-uidlist", "dovecot-uidlist.lock",
                                         "dovecot-keywords", "dovecot-acl", "dovecot-acl.lock", "dovecot-acl-list",
                                         "maildirfolder", "maildirsize", "subscriptions", "subscriptions.lock"});
    static constexpr auto beginnings = std::to_array<std::string_view>(
        {"dovecot-uidvalidity", "dovecot.index", "dovecot.list.index", "dovecot.mailbox.log", "posthouse-"});
    return std::ranges::find(names, entry) != names.end() ||
           std::ranges::any_of(beginnings, [&](std::string_view begin) { return entry.starts_with(begin); });
}

Result<std::vector<std::string>> Layout::levels(const MailboxName& name, Dots dots) const {
    if (is_nested() && name.text().front() == '~') return fail(ErrorCode::invalid, "Mailbox name begins with '~'");
    std::vector<std::string> levels;
    for (const std::string_view level : ascii::split(name.text(), hierarchy_separator)) {
        Result<std::string> spelled = spelling_ == Spelling::utf7 ? utf7::encode(level) : std::string(level);
        if (!spelled) return fail(spelled.error());
        if (!is_nested() && dots == Dots::refused && spelled->find('.') != std::string::npos)
            return fail(ErrorCode::invalid, "Character not allowed in mailbox name: '.'");
        if (is_nested() && (*spelled == "." || *spelled == ".." || is_reserved(*spelled)))
            return fail(ErrorCode::invalid, "Mailbox name is reserved: '" + std::string(level) + "'");
        if (spelled->size() > max_file_name) return fail(ErrorCode::limit, "Mailbox name is too long");
        levels.push_back(std::move(*spelled));
    }
    if (is_nested() && levels.size() > max_levels) return fail(ErrorCode::limit, "Mailbox name has too many levels");
    return levels;
}

Result<MailboxName> Layout::from_levels(const std::vector<std::string_view>& levels) const {
    std::string name;
    for (const std::string_view level : levels) {
        const Result<std::string> decoded = spelling_ == Spelling::utf7 ? utf7::decode(level) : std::string(level);
        if (!decoded) return fail(decoded.error());
        if (decoded->empty() || decoded->find(hierarchy_separator) != std::string::npos) return not_a_folder();
        if (!name.empty()) name += hierarchy_separator;
        name += *decoded;
    }
    return MailboxName::parse(name);
}

Result<std::string> Layout::folder(const MailboxName& name) const {
    if (name.is_inbox()) return std::string();
    const Result<std::vector<std::string>> spelled = levels(name, Dots::refused);
    if (!spelled) return fail(spelled.error());
    std::string folder = joined(*spelled, separator());
    if (is_nested()) return folder;
    folder.insert(0, 1, '.');
    if (folder.size() > max_file_name) return fail(ErrorCode::limit, "Mailbox name is too long");
    return folder;
}

Result<MailboxName> Layout::name(std::string_view folder) const {
    if (folder.empty()) return MailboxName();
    if (!is_nested() && folder.front() != '.') return not_a_folder();
    Result<MailboxName> parsed = from_levels(ascii::split(folder.substr(is_nested() ? 0 : 1), separator()));
    if (!parsed) return parsed;
    // ".INBOX" would be a second INBOX, ".inbox.A" a second INBOX/A.
    const Result<std::string> right = this->folder(*parsed);
    if (!right || *right != folder) return not_a_folder();
    return parsed;
}

bool Layout::may_lead_to_mailboxes(std::string_view folder) const {
    return is_nested() && (folder == MailboxName().text() || name(folder));
}

Result<std::string> Layout::subscription(const MailboxName& name) const {
    // Subscribed are also mailboxes of others, whose names hold addresses: they have no folder here.
    const Result<std::vector<std::string>> spelled = levels(name, Dots::allowed);
    if (!spelled) return fail(spelled.error());
    return joined(*spelled, '\t');
}

Result<MailboxName> Layout::subscribed(std::string_view line) const {
    if (ascii::iequals(line, MailboxName().text())) return MailboxName();
    Result<MailboxName> parsed = from_levels(ascii::split(line, '\t'));
    if (!parsed) return parsed;
    const Result<std::string> right = subscription(*parsed);
    if (!right || *right != line) return not_a_folder();
    return parsed;
}

}  // namespace posthouse::storage
