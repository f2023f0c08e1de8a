// Mailbox names between the wire and storage.
#include "imapd/mailbox_names.h"

#include "lib/base/utf7.h"

namespace posthouse::imapd {

Result<storage::MailboxName> parse_mailbox(std::string_view wire) {
    const Result<std::string> utf8 = utf7::decode(wire);
    if (!utf8) return fail(ErrorCode::invalid, "Mailbox name is not valid modified UTF-7");
    return storage::MailboxName::parse(*utf8);
}

std::string wire_name(const storage::MailboxName& name) {
    Result<std::string> encoded = utf7::encode(name.text());
    return std::move(encoded).value_or(name.text());
}

}  // namespace posthouse::imapd
