// Mailbox names between the wire and storage.
#include "imapd/mailbox_names.h"

#include "imapd/session.h"
#include "lib/base/utf7.h"
#include "lib/imap/responses.h"
#include "lib/mime/net_unicode.h"

namespace posthouse::imapd {

Result<storage::MailboxName> parse_mailbox(const Enabled& enabled, std::string_view wire) {
    if (enabled.utf8()) return storage::MailboxName::parse(wire);
    const Result<std::string> utf8 = utf7::decode(wire);
    if (!utf8) return fail(ErrorCode::invalid, "Mailbox name is not valid modified UTF-7");
    return storage::MailboxName::parse(*utf8);
}

Result<storage::MailboxName> mailbox_of(Session& session, std::string_view wire) {
    Result<storage::MailboxName> name = parse_mailbox(session.enabled(), wire);
    if (name) session.set_named(*name);
    return name;
}

std::string wire_name(const Enabled& enabled, const storage::MailboxName& name) {
    if (enabled.utf8()) return name.text();
    Result<std::string> encoded = utf7::encode(name.text());
    return std::move(encoded).value_or(name.text());
}

std::string_view without_last_separator(std::string_view wire) {
    if (wire.size() > 1 && wire.back() == storage::hierarchy_separator) wire.remove_suffix(1);
    return wire;
}

Result<> may_be_given(const Enabled& enabled, const storage::MailboxName& name) {
    if (mime::has_unicode_control(name.text()))
        return fail(ErrorCode::invalid, "Mailbox name holds a control character");
    if (enabled.utf8() && !mime::is_normal(name.text()))
        return fail(ErrorCode::invalid, "Mailbox name is not in Unicode's normal form C");
    return {};
}

std::string list_response(std::string_view wire, const storage::MailboxName& name) {
    imap::ListLine line;
    line.name = name.text();
    if (wire != name.text()) line.old_name = wire;
    std::string out;
    imap::append_list(out, line);
    return out;
}

std::string old_name_response(const Enabled& enabled, std::string_view wire, const storage::MailboxName& name) {
    return enabled.rev2 && wire != name.text() ? list_response(wire, name) : "";
}

}  // namespace posthouse::imapd
