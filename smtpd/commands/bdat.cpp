// BDAT (RFC 3030 §2): a chunk of the message; the last one ends it.
//   bdat = "BDAT" SP chunk-size [SP "LAST"] CRLF, then so many octets
#include <memory>
#include <optional>
#include <utility>

#include "smtpd/commands/handlers.h"
#include "smtpd/delivery/acceptance.h"
#include "smtpd/rate_limits.h"
#include "smtpd/receiving/reception.h"

namespace posthouse::smtpd {
namespace {

/// Reads the chunk's octets, whether they are wanted or not. Errors: of the connection.
net::Async<Result<>> receive(Session& session, ChunkedReception& reception) {
    const auto& settings = session.config->smtpd;
    net::Stream& stream = session.connection.stream;
    const net::Deadline end = session.transaction_deadline();
    Reception& message = reception.message;
    while (reception.chunks.remaining() > 0) {
        Result<std::string_view> bytes = co_await stream.peek(sooner(message.next_bytes_by(settings), end));
        if (!bytes) co_return fail(bytes.error());
        std::string& out = message.sink();
        const std::size_t before = out.size();
        const std::size_t taken = reception.chunks.feed(*bytes, out);
        stream.consume(taken);
        message.count(taken, settings);
        co_await message.keep(session, before);
    }
    co_return Result<>{};
}

/// The last chunk has come: whatever is said of it, the transaction is over.
net::Async<Answer> end_message(Session& session, ChunkedReception& reception, std::optional<smtp::Reply> verdict) {
    co_await reception.message.finish(session, reception.chunks.facts(), std::move(verdict));
    Answer answer = co_await accept(session, reception.message);
    session.transaction.reset();
    co_return answer;
}

}  // namespace

net::Async<Answer> perform_bdat(Session& session, smtp::Bdat chunk, std::optional<smtp::Reply> refused) {
    const bool in_order = !refused;
    std::shared_ptr<ChunkedReception> reception;
    if (in_order) {
        if (!session.transaction->chunks) {
            auto begun = std::make_shared<ChunkedReception>(session);
            begun->message.refused = co_await rate_refusal(session);
            session.transaction->chunks = std::move(begun);
        }
        reception = session.transaction->chunks;
        if (reception->message.refused) refused = reception->message.refused->reply;
    } else {
        reception = std::make_shared<ChunkedReception>(session);
        reception->message.refused = *refused;
        // What follows would be half a message.
        if (session.transaction && !session.transaction->chunks) session.transaction->chunks = reception;
    }
    reception->message.begin_chunk();
    reception->chunks.begin(chunk, std::move(refused));
    Result<> received = co_await receive(session, *reception);
    if (!received) co_return lost_within_message(session, received.error());
    std::string& out = reception->message.sink();
    const std::size_t before = out.size();
    std::optional<smtp::Reply> reply = reception->chunks.end(out);
    co_await reception->message.keep(session, before);
    if (chunk.last && in_order) {
        Answer ended = co_await end_message(session, *reception, std::move(reply));
        co_return ended;
    }
    // What can't be kept is told the client at once, and again for each further chunk; it is reported once.
    std::optional<Refusal>& refusal = reception->message.refused;
    if (!refusal && !reply->positive()) refusal = content_refusal(session, *reply);
    if (!refusal) co_return *std::move(reply);
    Answer answer(*refusal);
    answer.reported = std::exchange(reception->message.reported, true);
    co_return answer;
}

}  // namespace posthouse::smtpd
