// STATUS (RFC 3501 §6.3.10).
#include "imapd/commands/commands.h"
#include "imapd/mailbox_names.h"
#include "imapd/session.h"
#include "imapd/status_response.h"

namespace posthouse::imapd {

net::Async<Reply> status(Session& session, imap::Status command) {
    const Result<Place> place = co_await find_place(session, command.mailbox, storage::Right::read);
    if (!place) co_return no(place.error());
    if ((command.items & imap::kStatusHighestModSeq) != 0) co_await session.enable_condstore();
    const auto limit = static_cast<std::uint64_t>(session.config().imapd.append_limit);
    const Result<std::string> line =
        co_await session.disk([&] { return status_response(*place, command.mailbox, command.items, limit); });
    if (!line) co_return no(line.error());
    co_await session.send(*line);
    co_return ok("STATUS completed");
}

}  // namespace posthouse::imapd
