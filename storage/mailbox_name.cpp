// Mailbox names and their Maildir++ folders.
#include "storage/mailbox_name.h"

#include <algorithm>

#include "lib/base/ascii.h"
#include "lib/base/utf7.h"

namespace posthouse::storage {
namespace {

constexpr std::string_view inbox = "INBOX";
/// Longest name of a file on every Linux file system.
constexpr std::size_t max_folder_bytes = 255;
/// Before anything is computed from it: no folder's name can come from more.
constexpr std::size_t max_name_bytes = 1024;

Result<std::string> folder_of(std::string_view text) {
    if (text == inbox) return std::string();
    Result<std::string> folder = utf7::encode(text);
    if (!folder) return folder;
    std::ranges::replace(*folder, hierarchy_separator, '.');
    return "." + *folder;
}

}  // namespace

MailboxName::MailboxName() : text_(inbox) {}

Result<MailboxName> MailboxName::parse(std::string_view utf8) {
    if (utf8.size() > max_name_bytes) return fail(ErrorCode::limit, "Mailbox name is too long");
    if (!ascii::is_utf8(utf8)) return fail(ErrorCode::invalid, "Mailbox name is not UTF-8");
    for (const std::string_view level : ascii::split(utf8, hierarchy_separator))
        if (level.empty()) return fail(ErrorCode::invalid, "Mailbox name has an empty level");
    if (std::ranges::any_of(utf8, ascii::is_control))
        return fail(ErrorCode::invalid, "Mailbox name holds a control character");
    if (utf8.find('.') != std::string_view::npos)
        return fail(ErrorCode::invalid, "Character not allowed in mailbox name: '.'");
    std::string text(utf8);
    if (ascii::istarts_with(text, inbox) && (text.size() == inbox.size() || text[inbox.size()] == hierarchy_separator))
        text.replace(0, inbox.size(), inbox);
    Result<std::string> folder = folder_of(text);
    if (!folder) return fail(folder.error());
    if (folder->size() > max_folder_bytes) return fail(ErrorCode::limit, "Mailbox name is too long");
    return MailboxName(std::move(text));
}

Result<MailboxName> MailboxName::from_folder(std::string_view folder) {
    if (folder.empty()) return MailboxName();
    if (folder.front() != '.' || folder.size() > max_folder_bytes)
        return fail(ErrorCode::invalid, "Not a mailbox's folder");
    std::string name;
    for (const std::string_view level : ascii::split(folder.substr(1), '.')) {
        Result<std::string> decoded = utf7::decode(level);
        if (!decoded) return fail(decoded.error());
        if (decoded->find(hierarchy_separator) != std::string::npos)
            return fail(ErrorCode::invalid, "Not a mailbox's folder");
        if (!name.empty()) name += hierarchy_separator;
        if (decoded->empty()) return fail(ErrorCode::invalid, "Not a mailbox's folder");
        name += *decoded;
    }
    Result<MailboxName> parsed = parse(name);
    // ".INBOX" would be a second INBOX, ".inbox.A" a second INBOX/A.
    if (parsed && parsed->folder() != folder) return fail(ErrorCode::invalid, "Not a mailbox's folder");
    return parsed;
}

std::string MailboxName::folder() const {
    Result<std::string> folder = folder_of(text_);
    return folder ? *folder : std::string();  // parse proved that it is UTF-8
}

bool MailboxName::is_inbox() const { return text_ == inbox; }

std::optional<MailboxName> MailboxName::parent() const {
    const auto separator = text_.rfind(hierarchy_separator);
    if (separator == std::string::npos) return std::nullopt;
    return MailboxName(text_.substr(0, separator));
}

bool MailboxName::is_below(const MailboxName& ancestor) const {
    return text_.size() > ancestor.text_.size() && text_.starts_with(ancestor.text_) &&
           text_[ancestor.text_.size()] == hierarchy_separator;
}

Result<MailboxName> MailboxName::moved(const MailboxName& from, const MailboxName& to) const {
    if (*this == from) return to;
    if (!is_below(from)) return *this;
    return parse(to.text_ + text_.substr(from.text_.size()));
}

}  // namespace posthouse::storage
