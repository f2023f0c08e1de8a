// Mailbox names: what may be one, and their hierarchy.
#include "storage/mailbox_name.h"

#include <algorithm>

#include "lib/base/ascii.h"

namespace posthouse::storage {
namespace {

constexpr std::string_view inbox = "INBOX";
/// No layout can have a longer one on disk.
constexpr std::size_t max_name_bytes = 1024;

}  // namespace

MailboxName::MailboxName() : text_(inbox) {}

Result<MailboxName> MailboxName::parse(std::string_view utf8) {
    if (utf8.size() > max_name_bytes) return fail(ErrorCode::limit, "Mailbox name is too long");
    if (!ascii::is_utf8(utf8)) return fail(ErrorCode::invalid, "Mailbox name is not UTF-8");
    for (const std::string_view level : ascii::split(utf8, hierarchy_separator))
        if (level.empty()) return fail(ErrorCode::invalid, "Mailbox name has an empty level");
    if (std::ranges::any_of(utf8, ascii::is_control))
        return fail(ErrorCode::invalid, "Mailbox name holds a control character");
    std::string text(utf8);
    if (ascii::istarts_with(text, inbox) && (text.size() == inbox.size() || text[inbox.size()] == hierarchy_separator))
        text.replace(0, inbox.size(), inbox);
    return MailboxName(std::move(text));
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
