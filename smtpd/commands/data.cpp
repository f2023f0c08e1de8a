// DATA (RFC 5321 §4.1.1.4): the message, delivered or queued before it is acknowledged.
//   data = "DATA" CRLF, then the content up to CRLF.CRLF
#include <variant>

#include "lib/smtp/data_decoder.h"
#include "smtpd/commands/handlers.h"
#include "smtpd/delivery/acceptance.h"
#include "smtpd/rate_limits.h"
#include "smtpd/receiving/reception.h"

namespace posthouse::smtpd {
namespace {

/// Reads up to the end of the data. Content that is to be refused is read all the same. Errors: of the connection.
net::Async<Result<>> receive(Session& session, Reception& message) {
    const auto& settings = session.config->smtpd;
    net::Stream& stream = session.connection.stream;
    const net::Deadline end = session.transaction_deadline();
    smtp::DataDecoder decoder(policy_of(session));
    while (!decoder.done()) {
        Result<std::string_view> bytes = co_await stream.peek(sooner(message.next_bytes_by(settings), end));
        if (!bytes) co_return fail(bytes.error());
        std::string& out = message.sink();
        const std::size_t before = out.size();
        const std::size_t taken = decoder.feed(*bytes, out);
        stream.consume(taken);
        message.count(taken, settings);
        co_await message.keep(session, before);
    }
    co_await message.finish(session, decoder.facts(), decoder.refusal());
    co_return Result<>{};
}

}  // namespace

smtp::Reply lost_within_message(Session& session, const Error& error) {
    session.ending = true;
    session.connection.log.info("connection lost within a message",
                                {{"id", session.transaction ? session.transaction->id : ""},
                                 {"address", session.connection.peer.ip()},
                                 {"error", error.message()}});
    if (error.code != ErrorCode::timeout) return {};
    return timed_out(session);
}

net::Async<Answer> handle_data(Session& session, smtp::Command) {
    // RFC 3030 §3: binary content has no lines, so no dot can end it.
    if (session.transaction->parameters.body == smtp::Body::binary_mime)
        co_return smtp::Reply(503, "5.5.1", "DATA can't carry BINARYMIME, use BDAT");
    Reception message(session);
    message.refused = co_await rate_refusal(session);
    if (message.refused) {
        Answer answer = co_await accept(session, message);
        session.transaction.reset();
        co_return answer;
    }
    const smtp::Reply go_ahead(354, "", "End data with <CR><LF>.<CR><LF>");
    Result<> sent = co_await session.connection.stream.write(go_ahead.to_wire(),
                                                             net::Deadline::in(session.config->smtpd.command_timeout));
    if (!sent) {
        session.ending = true;
        co_return smtp::Reply();
    }
    Result<> received = co_await receive(session, message);
    if (!received) co_return lost_within_message(session, received.error());
    Answer answer = co_await accept(session, message);
    session.transaction.reset();
    co_return answer;
}

}  // namespace posthouse::smtpd
