// Commands that tell of messages without reading them: STAT, LIST, UIDL.
#include <string>

#include "pop3d/commands/commands.h"

namespace posthouse::pop3d {
namespace {

/// Lists grow in pieces of this size, so that a large maildrop takes no more memory than a small one.
constexpr std::size_t piece_octets = 16'384;

const pop3::Reply no_such_message = pop3::err("No such message");

std::string scan_listing(const Maildrop& /*maildrop*/, const Message& message) {
    return std::to_string(message.octets);
}
std::string unique_id_listing(const Maildrop& maildrop, const Message& message) { return maildrop.unique_id(message); }

using Listing = std::string (*)(const Maildrop&, const Message&);

/// One line for a message, or a multi-line reply for all that aren't marked as deleted.
net::Async<Answer> answer(Session& session, std::optional<pop3::MessageNumber> number, Listing listing) {
    const Maildrop& maildrop = session.maildrop();
    if (number) {
        const Message* message = maildrop.find(*number);
        if (message == nullptr) co_return no_such_message;
        co_return pop3::ok(std::to_string(*number) + " " + listing(maildrop, *message));
    }
    std::string out = pop3::to_line(pop3::ok(std::to_string(maildrop.count()) + " messages"));
    for (std::size_t i = 0; i < maildrop.messages().size(); ++i) {
        const Message& message = maildrop.messages()[i];
        if (message.deleted) continue;
        out.append(std::to_string(i + 1)).append(" ").append(listing(maildrop, message)).append("\r\n");
        if (out.size() < piece_octets) continue;
        const bool sent = co_await session.send(out);
        if (!sent) co_return std::nullopt;
        out.clear();
    }
    out += ".\r\n";
    co_await session.send(out);
    co_return std::nullopt;
}

}  // namespace

/// STAT (RFC 1939 §5).
net::Async<Answer> stat(Session& session, pop3::Stat /*command*/) {
    const Maildrop& maildrop = session.maildrop();
    co_return pop3::ok(std::to_string(maildrop.count()) + " " + std::to_string(maildrop.octets()));
}

/// LIST (RFC 1939 §5).
net::Async<Answer> list(Session& session, pop3::List command) {
    Answer listed = co_await answer(session, command.message, scan_listing);
    co_return listed;
}

/// UIDL (RFC 1939 §7).
net::Async<Answer> uidl(Session& session, pop3::Uidl command) {
    Answer listed = co_await answer(session, command.message, unique_id_listing);
    co_return listed;
}

}  // namespace posthouse::pop3d
