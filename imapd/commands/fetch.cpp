// FETCH and UID FETCH (RFC 3501 §6.4.5, §6.4.8).
#include "imapd/commands/commands.h"
#include "imapd/fetch/fetch_run.h"
#include "imapd/session.h"

namespace posthouse::imapd {
namespace {

/// Made on the disk pool, sent, and only then the next: a slow client slows its own reading.
constexpr std::size_t kPiece = 64 << 10;

}  // namespace

net::Async<Reply> fetch(Session& session, imap::Fetch command) {
    Selected& selected = session.selected();
    Result<std::vector<imap::NumberRange>> numbers = numbers_of(selected.view, command.messages, command.by_uid);
    if (!numbers) co_return bad(numbers.error().text);
    FetchRun run(selected, std::move(command.items), std::move(*numbers));
    std::string piece;
    bool more = true;
    while (more) {
        piece.clear();
        const Result<bool> made = co_await session.disk([&] { return run.produce(piece, kPiece); });
        if (!made) {
            session.log().error(
                "cannot read a message",
                {{"user", session.user()}, {"mailbox", selected.name.text()}, {"reason", made.error().message()}});
            if (!run.inside_response()) {
                co_await session.send(piece);
                Reply reply = no(made.error());
                reply.error.reset();  // told already
                co_return reply;
            }
            // Whatever came now would be taken for the rest of the response.
            session.end("message could not be read");
            session.stream().cancel();
            co_return Reply{};
        }
        more = *made;
        co_await session.send(piece);
        if (session.ended()) co_return Reply{};
    }
    if (run.some_gone()) co_return no("[EXPUNGEISSUED] Some of the messages no longer exist");
    co_return ok(command.by_uid ? "UID FETCH completed" : "FETCH completed");
}

}  // namespace posthouse::imapd
