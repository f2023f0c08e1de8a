// BDAT (RFC 3030 §2): a chunk of the message; the last one ends it, and each recipient gets a reply (RFC 2033 §4.2).
#include <memory>
#include <string>
#include <utility>

#include "lmtpd/commands/commands.h"
#include "lmtpd/reception.h"

namespace posthouse::lmtpd {
namespace {

/// Reads the chunk's octets, whether they are wanted or not. False: the connection is of no more use.
net::Async<bool> receive(Session& session, smtp::ChunkReceiver& chunks, Reception* message) {
    std::string dropped;
    while (chunks.remaining() > 0) {
        const Result<std::string_view> bytes = co_await session.stream().peek(session.deadline());
        if (!bytes) {
            session.failed(bytes.error());
            co_return false;
        }
        std::string& sink = message == nullptr ? dropped : message->sink();
        const std::size_t before = sink.size();
        session.stream().consume(chunks.feed(*bytes, sink));
        if (message != nullptr) co_await message->keep(before);
    }
    co_return true;
}

/// A chunk that can't be performed now: its octets are in the way.
net::Async<Answer> skip(Session& session, const smtp::Bdat& chunk, smtp::Reply refused) {
    smtp::ChunkReceiver chunks(data_policy);
    chunks.begin(chunk, refused);
    const bool received = co_await receive(session, chunks, nullptr);
    co_return received ? Answer(std::move(refused)) : std::nullopt;
}

}  // namespace

net::Async<Answer> bdat(Session& session, smtp::Bdat chunk, Answer refused) {
    if (refused) {
        Answer answer = co_await skip(session, chunk, *std::move(refused));
        co_return answer;
    }
    const bool nobody = session.transaction->recipients.empty();
    if (nobody) refused = {503, "5.5.1", "No valid recipients"};
    if (!session.transaction->chunks) session.transaction->chunks = std::make_shared<ChunkedReception>(session);
    const std::shared_ptr<ChunkedReception> reception = session.transaction->chunks;
    // What is refused refuses all that follows: it would be half a message.
    reception->chunks.begin(chunk, std::move(refused));
    const bool received = co_await receive(session, reception->chunks, &reception->message);
    if (!received) co_return std::nullopt;
    const std::size_t before = reception->message.sink().size();
    const std::optional<smtp::Reply> reply = reception->chunks.end(reception->message.sink());
    co_await reception->message.keep(before);
    if (!chunk.last || nobody) co_return reply;
    const std::string replies = co_await reception->message.finish(session, reception->chunks.facts(), reply);
    session.reset();
    co_await session.send(replies);
    co_return std::nullopt;
}

}  // namespace posthouse::lmtpd
