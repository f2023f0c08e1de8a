// Form: what is asked for, and what is left out.
#include "queued/outbound/form.h"

#include <algorithm>
#include <limits>
#include <set>
#include <string>
#include <utility>

#include "lib/smtp/internationalized.h"

namespace posthouse::queued {
namespace {

smtp::Reply needs_utf8(std::string_view what) {
    return {550, "5.6.7", std::string(what) + " needs SMTPUTF8, which the server does not offer"};
}

/// RFC 2852 §4.1: passed on with what is left of the time.
std::expected<std::optional<smtp::DeliverBy>, smtp::Reply> deliver_by(const spool::DeliverBy& by,
                                                                      const smtp::Capabilities& capabilities,
                                                                      std::int64_t now) {
    const bool returns = by.mode == spool::DeliverBy::Mode::return_message;
    const std::int64_t left = by.at - now;
    if (returns && left <= 0)
        return std::unexpected(smtp::Reply(550, "5.4.7", "The time by which it was to be delivered is over"));
    if (!capabilities.deliver_by) {
        if (!returns) return std::nullopt;
        return std::unexpected(
            smtp::Reply(550, "5.3.3", "It is to be returned unless delivered in time, and the server can't do that"));
    }
    if (returns && left < *capabilities.deliver_by)
        return std::unexpected(smtp::Reply(550, "5.3.3", "The server can't deliver it in the time that is left"));
    smtp::DeliverBy out;
    out.seconds = std::clamp(left, -smtp::max_interval, smtp::max_interval);
    out.mode = returns ? smtp::DeliverBy::Mode::return_message : smtp::DeliverBy::Mode::notify;
    out.trace = by.trace;
    return out;
}

/// BODY=, and whether the content has to change.
void fit_body(smtp::Body body, const smtp::Capabilities& capabilities, Form& form) {
    if (body == smtp::Body::seven_bit) return;
    if (body == smtp::Body::binary_mime && capabilities.binarymime && capabilities.chunking) {
        form.message.parameters.body = body;
        return;
    }
    if (capabilities.eightbitmime) {
        form.message.parameters.body = smtp::Body::eight_bit_mime;
        if (body == smtp::Body::binary_mime) form.downgrade = mime::LineForm::eight_bit;
        return;
    }
    form.downgrade = mime::LineForm::seven_bit;
}

}  // namespace

std::expected<Form, smtp::Reply> fit(const spool::Envelope& envelope, const smtp::ReversePath& sender,
                                     std::uint64_t size, bool requires_tls, const smtp::Capabilities& capabilities,
                                     std::int64_t now) {
    Form form;
    smtp::MailParameters& parameters = form.message.parameters;
    if (capabilities.size.value_or(0) != 0 && size > *capabilities.size) {
        return std::unexpected(smtp::Reply(552, "5.3.4",
                                           "The message has " + std::to_string(size) + " bytes, and the server takes " +
                                               std::to_string(*capabilities.size)));
    }
    form.message.sender = sender;
    form.utf8 = envelope.smtputf8 && capabilities.smtputf8;
    parameters.smtputf8 = form.utf8;
    if (!form.utf8 && sender) {
        Result<smtp::Mailbox> ascii = smtp::to_ascii(*sender);
        if (!ascii) return std::unexpected(needs_utf8("The sender's address"));
        form.message.sender = *std::move(ascii);
    }
    if (envelope.smtputf8 && !form.utf8) form.look = Look::header;
    if (requires_tls) {
        if (!capabilities.requiretls)
            return std::unexpected(
                smtp::Reply(550, "5.7.30", "The message requires TLS all the way, and the server can't promise that"));
        parameters.require_tls = true;
    }
    if (envelope.deliver_by) {
        auto by = deliver_by(*envelope.deliver_by, capabilities, now);
        if (!by) return std::unexpected(std::move(by.error()));
        parameters.deliver_by = *by;
    }
    parameters.ret = envelope.ret;
    parameters.envelope_id = envelope.envelope_id;
    if (envelope.priority != 0) parameters.priority = envelope.priority;
    fit_body(envelope.body, capabilities, form);
    return form;
}

std::expected<transfer::Recipient, smtp::Reply> fit(const spool::Recipient& recipient, bool utf8) {
    transfer::Recipient out{.address = recipient.address, .parameters = {}};
    if (!utf8) {
        Result<smtp::Mailbox> ascii = smtp::to_ascii(recipient.address);
        if (!ascii) return std::unexpected(needs_utf8("The recipient's address"));
        out.address = *std::move(ascii);
    }
    out.parameters.notify = recipient.notify;
    if (recipient.original) {
        out.parameters.original_type = recipient.original->type;
        out.parameters.original_recipient = recipient.original->address;
    }
    return out;
}

std::vector<std::uint32_t> first_batch(const std::vector<std::uint32_t>& recipients, const spool::Envelope& envelope,
                                       const smtp::OperationalLimits& limits) {
    const std::size_t most = limits.rcpt_max.value_or(std::numeric_limits<std::uint32_t>::max());
    const std::size_t most_domains = limits.rcpt_domain_max.value_or(std::numeric_limits<std::uint32_t>::max());
    std::vector<std::uint32_t> batch;
    std::set<std::string_view> domains;
    for (const std::uint32_t place : recipients) {
        if (batch.size() == most) break;
        const std::string& domain = envelope.recipients[place].address.domain;
        if (!domains.contains(domain) && domains.size() == most_domains) continue;
        domains.insert(domain);
        batch.push_back(place);
    }
    return batch;
}

}  // namespace posthouse::queued
