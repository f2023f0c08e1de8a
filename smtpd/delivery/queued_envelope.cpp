// The envelope of a message that is queued.
#include "smtpd/delivery/queued_envelope.h"

#include "lib/smtp/internationalized.h"

namespace posthouse::smtpd {
namespace {

spool::Recipient recipient_of(const Target& target, bool utf8, bool require_tls) {
    spool::Recipient recipient;
    recipient.address = for_envelope(target.address, utf8);
    if (target.sender) recipient.sender = for_envelope(*target.sender, utf8);
    if (!target.dsn.original_type.empty())
        recipient.original = {.type = target.dsn.original_type, .address = target.dsn.original_recipient};
    recipient.notify = target.dsn.notify;
    recipient.transport = target.local ? "local" : target.transport;
    recipient.require_tls = require_tls;
    return recipient;
}

spool::DeliverBy absolute(const smtp::DeliverBy& by, std::int64_t arrived) {
    return {.at = arrived + by.seconds,
            .mode = by.mode == smtp::DeliverBy::Mode::notify ? spool::DeliverBy::Mode::notify
                                                             : spool::DeliverBy::Mode::return_message,
            .trace = by.trace};
}

}  // namespace

spool::Envelope queued_envelope(const Session& session, const smtp::DataFacts& content, const Facts& facts,
                                std::span<const std::size_t> targets, bool untried) {
    const Transaction& transaction = *session.transaction;
    const smtp::MailParameters& parameters = transaction.parameters;
    spool::Envelope envelope;
    envelope.id = transaction.id;
    envelope.arrived = transaction.arrived;
    envelope.sender = for_envelope(transaction.sender, facts.needs_utf8);
    envelope.envelope_id = parameters.envelope_id;
    envelope.ret = parameters.ret;
    envelope.body = content.has_8bit ? smtp::Body::eight_bit_mime : smtp::Body::seven_bit;
    envelope.smtputf8 = facts.needs_utf8;
    envelope.require_tls = parameters.require_tls;
    envelope.tls_optional = facts.tls_optional;
    envelope.priority = parameters.priority.value_or(0);
    envelope.hold_until = hold_until(transaction);
    if (parameters.deliver_by) envelope.deliver_by = absolute(*parameters.deliver_by, transaction.arrived);
    envelope.untried = untried;
    envelope.client = {transaction.origin.address, transaction.origin.helo, session.user};
    for (const std::size_t i : targets)
        envelope.recipients.push_back(recipient_of(transaction.targets[i], facts.needs_utf8, parameters.require_tls));
    return envelope;
}

}  // namespace posthouse::smtpd
