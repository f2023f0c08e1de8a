// Sending the responses of a FETCH as they are made.
#include "imapd/fetch/send_fetched.h"

#include <string>

#include "imapd/progress.h"
#include "imapd/session.h"

namespace posthouse::imapd {
namespace {

/// Made on the disk pool, sent, and only then the next: a slow client slows its own reading.
constexpr std::size_t kPiece = 64 << 10;

}  // namespace

net::Async<Result<>> send_fetched(Session& session, FetchRun& run, Progress& progress) {
    std::string piece;
    bool more = true;
    while (more && !session.ended()) {
        piece.clear();
        const Result<bool> made = co_await session.disk([&] { return run.produce(piece, kPiece); });
        if (!made) {
            session.log().error("cannot read a message", {{"user", session.user()},
                                                          {"mailbox", session.selected().name.text()},
                                                          {"reason", made.error().message()}});
            if (run.inside_response()) {
                // Whatever came now would be taken for the rest of the response.
                session.end("message could not be read");
                session.stream().cancel();
            } else {
                co_await session.send(piece);
            }
            co_return fail(made.error());
        }
        more = *made;
        co_await session.send(piece);
        progress.set_done(run.finished());
        if (more && !run.inside_response()) co_await progress.tell_if_due();
    }
    co_return Result<>{};
}

}  // namespace posthouse::imapd
