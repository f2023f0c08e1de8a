// RETR and TOP: a message's content, streamed in pieces at the client's pace.
#include <string>
#include <utility>

#include "lib/pop3/dot_stuffing.h"
#include "lib/pop3/top.h"
#include "pop3d/commands/commands.h"
#include "storage/message.h"

namespace posthouse::pop3d {
namespace {

/// Octets read at one time; most messages come with the first visit to the disk pool.
constexpr std::size_t piece_octets = 65'536;

/// A message that is being read.
struct Reading {
    storage::MessageContent content;
    std::string piece;  ///< what was read last

    bool at_end() const { return piece.size() < piece_octets; }
};

Result<Reading> begin_reading(storage::Mailbox& mailbox, storage::Uid uid) {
    Result<storage::MessageContent> content = mailbox.open_message(uid);
    if (!content) return fail(content.error());
    Result<std::string> piece = content->read_string(piece_octets);
    if (!piece) return fail(piece.error());
    return Reading{std::move(*content), std::move(*piece)};
}

Answer refusal(const Session& session, const Error& error) {
    if (error.code == ErrorCode::not_found) return pop3::err("Message was removed by another session");
    session.log().error("cannot read message", {{"error", error.message()}});
    return pop3::err(pop3::ResponseCode::sys_temp, "Message can't be read now");
}

/// Sends +OK and the message up to `limit`. `sent` tells whether all of it went out.
net::Async<Answer> send_message(Session& session, storage::Uid uid, std::string first_line, pop3::TopLimit* limit,
                                bool& sent) {
    storage::Mailbox& mailbox = session.maildrop().mailbox();
    Result<Reading> reading = co_await session.disk([&mailbox, uid] { return begin_reading(mailbox, uid); });
    if (!reading) co_return refusal(session, reading.error());
    pop3::DotStuffer stuffer;
    std::string out = std::move(first_line);
    while (true) {
        std::string_view piece = reading->piece;
        if (limit != nullptr) piece = piece.substr(0, limit->take(piece));
        stuffer.encode(piece, out);
        const bool last = reading->at_end() || (limit != nullptr && limit->done());
        if (last) stuffer.finish(out);
        sent = co_await session.send(out);
        if (!sent || last) co_return std::nullopt;
        out.clear();
        Result<std::string> next =
            co_await session.disk([&content = reading->content] { return content.read_string(piece_octets); });
        if (!next) {
            // A lone dot now would make half a message look whole.
            session.log().error("cannot read message to its end", {{"error", next.error().message()}});
            session.end("read error");
            sent = false;
            co_return std::nullopt;
        }
        reading->piece = std::move(*next);
    }
}

}  // namespace

/// RETR (RFC 1939 §5). The reply tells no size: it isn't known for certain before the message was read to its end.
net::Async<Answer> retr(Session& session, pop3::Retr command) {
    const Message* message = session.maildrop().find(command.message);
    if (message == nullptr) co_return pop3::err("No such message");
    const std::uint64_t octets = message->octets;
    bool sent = false;
    Answer answer =
        co_await send_message(session, message->uid, pop3::to_line(pop3::ok("Message follows")), nullptr, sent);
    if (sent) {
        session.maildrop().mark_retrieved(command.message);
        session.count_retrieved(octets);
    }
    co_return answer;
}

/// TOP (RFC 1939 §7).
net::Async<Answer> top(Session& session, pop3::Top command) {
    const Message* message = session.maildrop().find(command.message);
    if (message == nullptr) co_return pop3::err("No such message");
    pop3::TopLimit limit(command.body_lines);
    bool sent = false;
    Answer answer =
        co_await send_message(session, message->uid, pop3::to_line(pop3::ok("Top of message follows")), &limit, sent);
    co_return answer;
}

}  // namespace posthouse::pop3d
