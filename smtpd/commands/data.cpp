// DATA (RFC 5321 §4.1.1.4): the message, delivered before it is acknowledged.
//   data = "DATA" CRLF, then the content up to CRLF.CRLF
#include <ctime>
#include <variant>

#include "lib/smtp/data_decoder.h"
#include "lib/smtp/field_keeper.h"
#include "lib/smtp/trace.h"
#include "smtpd/commands/handlers.h"
#include "smtpd/content.h"
#include "smtpd/delivery/outcome.h"
#include "smtpd/telling.h"

namespace posthouse::smtpd {
namespace {

smtp::DataPolicy policy_of(const config::Config::Smtpd& settings) {
    return {.bare_lf = settings.bare_lf == "normalize" ? smtp::BareLf::normalize : smtp::BareLf::reject,
            .bare_cr = settings.bare_cr == "keep" ? smtp::BareCr::keep : smtp::BareCr::reject,
            .nul = settings.nul == "keep" ? smtp::Nul::keep : smtp::Nul::reject,
            .max_size = settings.message_size_limit};
}

/// What was received, and why it can't be taken, if so.
struct Incoming {
    Content content;
    smtp::DataFacts facts;
    smtp::FieldKeeper message_id{"Message-ID:"};
    std::optional<smtp::Reply> refused;
};

smtp::Reply storage_refusal(const Session& session, const Error& error) {
    session.connection.log.error("cannot keep a message while it is received", {{"error", error.message()}});
    if (error.code == ErrorCode::no_space) return {452, "4.3.1", "Insufficient system storage, try again later"};
    return {451, "4.3.0", "Local error in storage, try again later"};
}

/// Until when the next bytes must come: after no longer pause than data_timeout, and on the whole no slower than
/// min_data_rate, so that a client that trickles can't hold its session for ever.
net::Deadline next_bytes_by(const config::Config::Smtpd& settings, net::Clock::time_point begun, std::uint64_t octets) {
    const auto pause = net::Deadline::in(settings.data_timeout);
    if (settings.min_data_rate == 0) return pause;
    const std::chrono::seconds earned(octets / static_cast<std::uint64_t>(settings.min_data_rate));
    return sooner(pause, net::Deadline{begun + settings.data_timeout + earned});
}

/// Reads up to the end of the data. Content that is to be refused is read all the same. Errors: of the connection.
net::Async<Result<>> receive(Session& session, Incoming& incoming) {
    const auto& settings = session.config->smtpd;
    net::Stream& stream = session.connection.stream;
    smtp::DataDecoder decoder(policy_of(settings));
    smtp::ReceivedCounter trace;
    std::string dropped;
    const auto begun = net::Clock::now();
    std::uint64_t octets = 0;
    while (!decoder.done()) {
        Result<std::string_view> bytes = co_await stream.peek(next_bytes_by(settings, begun, octets));
        if (!bytes) co_return fail(bytes.error());
        std::string& out = incoming.refused ? dropped : incoming.content.tail();
        const std::size_t before = out.size();
        const std::size_t taken = decoder.feed(*bytes, out);
        stream.consume(taken);
        octets += taken;
        trace.feed(std::string_view(out).substr(before));
        incoming.message_id.feed(std::string_view(out).substr(before));
        dropped.clear();
        if (incoming.refused) continue;
        Result<> kept = co_await incoming.content.settle();
        if (!kept) incoming.refused = storage_refusal(session, kept.error());
    }
    incoming.facts = decoder.facts();
    if (auto refused = decoder.refusal()) incoming.refused = std::move(refused);
    if (!incoming.refused && trace.count() > settings.received_limit) {
        incoming.refused = smtp::Reply(
            554, "5.4.6", "Too many hops: the message has " + std::to_string(trace.count()) + " Received fields");
    }
    co_return Result<>{};
}

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
    if (transaction.given.size() == 1) received.recipient = transaction.given.front().to_string();
    received.time = std::time(nullptr);
    return smtp::received_field(received);
}

Envelope envelope_of(const Session& session, const Incoming& incoming, std::size_t header_size) {
    const Transaction& transaction = *session.transaction;
    Envelope envelope{transaction.sender, {}, transaction.targets, {}};
    envelope.parameters.size = incoming.content.size() + header_size;
    envelope.parameters.body = incoming.facts.has_8bit ? smtp::Body::eight_bit_mime : transaction.parameters.body;
    envelope.parameters.smtputf8 = transaction.parameters.smtputf8;
    const net::Address& peer = session.connection.peer;
    envelope.attributes = {
        {"IDENT", transaction.id},
        {"NAME", ""},
        {"ADDR", (peer.family() == net::Address::Family::ipv6 ? "IPV6:" : "") + peer.ip()},
        {"PORT", std::to_string(peer.port())},
        {"PROTO", smtp::with_protocol({.lmtp = false, .extended = session.extended})},
        {"HELO", session.helo},
        {"SOURCE", session.user.empty() ? "REMOTE" : "LOCAL"},
        {"ATTEMPT", "1"},  // the id was born in this transaction: lmtpd needn't look for an earlier delivery
    };
    return envelope;
}

net::Async<smtp::Reply> deliver(Session& session, Incoming& incoming) {
    const std::string header = trace_header(session);
    const Envelope envelope = envelope_of(session, incoming, header.size());
    const net::Deadline deadline = net::Deadline::in(session.config->smtpd.delivery_timeout);
    Result<std::vector<smtp::Reply>> replies =
        co_await session.parts.lmtp.deliver(envelope, header, incoming.content, deadline);
    if (!replies) {
        session.connection.log.error("lmtpd gave no answer",
                                     {{"id", session.transaction->id}, {"error", replies.error().message()}});
        co_return smtp::Reply(451, "4.3.0", "Delivery is not available, try again later");
    }
    co_return combine(envelope.recipients, *replies, session.transaction->id);
}

void log_result(const Session& session, const Incoming& incoming, const smtp::Reply& reply) {
    const Transaction& transaction = *session.transaction;
    const log::Level level = reply.positive() ? log::Level::info : log::Level::warning;
    log::write(level, session.connection.log.id(), reply.positive() ? "accepted" : "not accepted",
               {{"id", transaction.id},
                {"from", smtp::to_path(transaction.sender)},
                {"to", transaction.given.front().to_path()},
                {"recipients", transaction.given.size()},
                {"size", incoming.facts.size},
                {"address", session.connection.peer.ip()},
                {"user", session.user},
                {"reply", std::to_string(reply.code) + " " + reply.status + " " + reply.text()}});
}

}  // namespace

net::Async<smtp::Reply> handle_data(Session& session, smtp::Command) {
    const smtp::Reply go_ahead(354, "", "End data with <CR><LF>.<CR><LF>");
    Result<> sent = co_await session.connection.stream.write(go_ahead.to_wire(),
                                                             net::Deadline::in(session.config->smtpd.command_timeout));
    if (!sent) {
        session.ending = true;
        co_return smtp::Reply();
    }
    Incoming incoming{
        Content(session.parts.disk, session.config->general.spool_folder), {}, smtp::FieldKeeper("Message-ID:"), {}};
    Result<> received = co_await receive(session, incoming);
    if (!received) {
        session.ending = true;
        session.connection.log.info("connection lost within a message",
                                    {{"id", session.transaction->id}, {"error", received.error().message()}});
        if (received.error().code != ErrorCode::timeout) co_return smtp::Reply();
        co_return smtp::Reply(421, "4.4.2", session.config->general.hostname + " Timeout, closing connection");
    }
    smtp::Reply reply;
    if (incoming.refused) {
        reply = *incoming.refused;
    } else {
        reply = co_await deliver(session, incoming);
    }
    log_result(session, incoming, reply);
    tell_content(session, incoming.facts.size, incoming.message_id.value(), reply);
    session.parts.counters.message(reply, incoming.facts.size);
    if (reply.positive()) session.errors = 0;
    session.transaction.reset();
    co_return reply;
}

}  // namespace posthouse::smtpd
