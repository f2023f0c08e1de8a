// Mailbox names between the wire and storage.
#include "imapd/mailbox_names.h"

#include "imapd/session.h"
#include "lib/base/utf7.h"

namespace posthouse::imapd {

Result<storage::MailboxName> parse_mailbox(std::string_view wire) {
    const Result<std::string> utf8 = utf7::decode(wire);
    if (!utf8) return fail(ErrorCode::invalid, "Mailbox name is not valid modified UTF-7");
    return storage::MailboxName::parse(*utf8);
}

Result<storage::MailboxName> mailbox_of(Session& session, std::string_view wire) {
    Result<storage::MailboxName> name = parse_mailbox(wire);
    if (name) session.set_named(*name);
    return name;
}

std::string wire_name(const storage::MailboxName& name) {
    Result<std::string> encoded = utf7::encode(name.text());
    return std::move(encoded).value_or(name.text());
}

}  // namespace posthouse::imapd
