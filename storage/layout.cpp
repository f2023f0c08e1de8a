// Names to folders and back.
#include "storage/layout.h"

#include <algorithm>

#include "lib/base/ascii.h"
#include "lib/base/utf7.h"

namespace posthouse::storage {
namespace {

/// Longest name of a file on every Linux file system.
constexpr std::size_t max_folder_bytes = 255;

std::unexpected<Error> not_a_folder() { return fail(ErrorCode::invalid, "Not a mailbox's folder"); }

}  // namespace

Result<std::string> Layout::folder(const MailboxName& name) const {
    if (name.is_inbox()) return std::string();
    if (name.text().find('.') != std::string::npos)
        return fail(ErrorCode::invalid, "Character not allowed in mailbox name: '.'");
    Result<std::string> folder = utf7::encode(name.text());
    if (!folder) return folder;
    std::ranges::replace(*folder, hierarchy_separator, '.');
    folder->insert(0, 1, '.');
    if (folder->size() > max_folder_bytes) return fail(ErrorCode::limit, "Mailbox name is too long");
    return folder;
}

Result<MailboxName> Layout::name(std::string_view folder) const {
    if (folder.empty()) return MailboxName();
    if (folder.front() != '.' || folder.size() > max_folder_bytes) return not_a_folder();
    std::string name;
    for (const std::string_view level : ascii::split(folder.substr(1), '.')) {
        const Result<std::string> decoded = utf7::decode(level);
        if (!decoded) return fail(decoded.error());
        if (decoded->empty() || decoded->find(hierarchy_separator) != std::string::npos) return not_a_folder();
        if (!name.empty()) name += hierarchy_separator;
        name += *decoded;
    }
    Result<MailboxName> parsed = MailboxName::parse(name);
    if (!parsed) return parsed;
    // ".INBOX" would be a second INBOX, ".inbox.A" a second INBOX/A.
    const Result<std::string> right = this->folder(*parsed);
    if (!right || *right != folder) return not_a_folder();
    return parsed;
}

Result<std::string> Layout::path(const std::string& account_root, const MailboxName& name) const {
    const Result<std::string> relative = folder(name);
    if (!relative) return relative;
    return relative->empty() ? account_root : account_root + "/" + *relative;
}

Result<std::string> Layout::subscription(const MailboxName& name) const {
    if (name.is_inbox()) return name.text();
    Result<std::string> line = folder(name);
    if (!line) return line;
    line->erase(0, 1);
    std::ranges::replace(*line, '.', '\t');
    return line;
}

Result<MailboxName> Layout::subscribed(std::string_view line) const {
    if (ascii::iequals(line, MailboxName().text())) return MailboxName();
    std::string folder = "." + std::string(line);
    std::ranges::replace(folder, '\t', '.');
    return name(folder);
}

}  // namespace posthouse::storage
