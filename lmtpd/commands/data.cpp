// DATA (RFC 2033 §4.2): content goes to the mailboxes, and each recipient gets a reply once its copy is durable.
#include <string>

#include "lib/smtp/data_decoder.h"
#include "lmtpd/commands/commands.h"
#include "lmtpd/reception.h"

namespace posthouse::lmtpd {
namespace {

/// Reads the data to its end. False: the connection is of no more use.
net::Async<bool> receive(Session& session, smtp::DataDecoder& decoder, Reception& message) {
    while (!decoder.done()) {
        const Result<std::string_view> bytes = co_await session.stream().peek(session.deadline());
        if (!bytes) {
            session.failed(bytes.error());
            co_return false;
        }
        const std::size_t before = message.sink().size();
        session.stream().consume(decoder.feed(*bytes, message.sink()));
        co_await message.keep(before);
    }
    co_return true;
}

}  // namespace

net::Async<Answer> data(Session& session, smtp::Command /*command*/) {
    if (session.transaction->recipients.empty()) co_return smtp::Reply(503, "5.5.1", "No valid recipients");
    const smtp::Reply go_on(354, "", "End data with <CR><LF>.<CR><LF>");
    const bool invited = co_await session.send(go_on.to_wire());
    if (!invited) co_return std::nullopt;

    smtp::DataDecoder decoder(data_policy);
    Reception message(session);
    const bool received = co_await receive(session, decoder, message);
    if (!received) co_return std::nullopt;
    const std::string replies = co_await message.finish(session, decoder.facts(), decoder.refusal());
    session.reset();
    co_await session.send(replies);
    co_return std::nullopt;
}

}  // namespace posthouse::lmtpd
