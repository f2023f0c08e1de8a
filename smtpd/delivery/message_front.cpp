// MessageFront: what goes before the content of a message.
#include "smtpd/delivery/message_front.h"

#include "lib/base/ascii.h"
#include "lib/mime/header.h"
#include "lib/smtp/internationalized.h"
#include "lib/smtp/trace.h"
#include "smtpd/delivery/delivered_to.h"
#include "smtpd/receiving/added_fields.h"

namespace posthouse::smtpd {
namespace {

std::string trace_header(const Session& session) {
    const Transaction& transaction = *session.transaction;
    smtp::Received received;
    received.helo = session.helo;
    received.client_address = session.connection.peer.ip();
    received.by = session.config->general.hostname;
    received.id = transaction.id;
    received.transmission = {.lmtp = false,
                             .extended = session.extended,
                             .tls = session.tls(),
                             .authenticated = !session.user.empty(),
                             .utf8 = transaction.parameters.smtputf8};
    const net::TlsInfo tls = session.connection.stream.tls_info();
    received.tls_version = tls.protocol;
    received.tls_cipher = tls.cipher;
    // Addresses in UTF-8 would make an internationalised header of any.
    const bool show = transaction.given.size() == 1 && !transaction.given.front().needs_utf8();
    if (show) received.recipient = transaction.given.front().to_string();
    received.time = transaction.arrived;
    return smtp::received_field(received);
}

/// Raw UTF-8 in the header of a message that didn't ask for SMTPUTF8 is an old fault, which 8BITMIME carries on.
bool needs_utf8(const Transaction& transaction, const Reception& message) {
    std::vector<smtp::Mailbox> recipients;
    for (const Target& target : transaction.targets) recipients.push_back(target.address);
    const bool declared = transaction.parameters.smtputf8;
    if (declared && message.header.is_cut()) return true;
    return smtp::needs_smtputf8(transaction.sender, recipients, declared ? message.header.text() : std::string_view());
}

/// "No" is the only value that there is.
bool says_tls_is_optional(std::string_view header) {
    const auto field = mime::first_field(header, {0, header.size()}, "TLS-Required");
    return field && ascii::iequals(field->text(), "No");
}

}  // namespace

Facts facts_of(const Session& session, const Reception& message) {
    const Transaction& transaction = *session.transaction;
    Facts facts{{},
                needs_utf8(transaction, message),
                !transaction.parameters.require_tls && says_tls_is_optional(message.header.text())};
    facts.front = delivered_to_fields(transaction, facts.needs_utf8) + trace_header(session);
    if (session.submission())
        facts.front +=
            added_fields(message.header, transaction.id, session.config->general.hostname, transaction.arrived);
    return facts;
}

}  // namespace posthouse::smtpd
