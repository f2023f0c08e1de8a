// APPEND (RFC 3501 §6.3.11): the message goes from the connection to the disk piece by piece.
#include <optional>
#include <string>
#include <utility>

#include "imapd/commands/commands.h"
#include "imapd/flag_mapping.h"
#include "imapd/mailbox_names.h"
#include "imapd/session.h"
#include "lib/imap/responses.h"
#include "lib/mime/wire.h"

namespace posthouse::imapd {
namespace {

struct Target {
    std::shared_ptr<storage::Mailbox> mailbox;
    storage::MessageWriter writer;
};

std::uint64_t append_limit(const Session& session) {
    return static_cast<std::uint64_t>(session.config().imapd.append_limit);
}

/// Opens the mailbox and starts a message. Blocks.
Result<Target> open_target(const storage::Account& account, const storage::MailboxName& name) {
    Result<std::shared_ptr<storage::Mailbox>> mailbox = account.open(name);
    if (!mailbox) return fail(mailbox.error());
    Result<storage::MessageWriter> writer = (*mailbox)->start_message();
    if (!writer) return fail(writer.error());
    return Target{std::move(*mailbox), std::move(*writer)};
}

Reply too_big(const Session& session) {
    return no("[TOOBIG] Message is larger than " + std::to_string(append_limit(session)) + " octets");
}

/// Reads the whole message, also after a failure to write it. Gives that failure.
net::Async<Result<>> receive(Session& session, storage::MessageWriter& writer) {
    CommandInput& input = session.input();
    Result<> outcome;
    mime::CrlfEncoder encoder;
    std::string octets;
    while (input.message_left() > 0) {
        const Result<std::string_view> piece = co_await input.read_message(session.deadline());
        if (!piece) {
            session.failed(piece.error());
            co_return fail(piece.error());
        }
        octets.clear();
        // Deviates from RFC 3501 §6.3.11: because clients append old mail with bare LF, it is taken as CRLF.
        encoder.encode(*piece, octets);
        if (outcome && octets.find('\0') != std::string::npos) {
            outcome = fail(ErrorCode::invalid, "NUL byte in the message");
        }
        input.consume_message(piece->size());
        if (outcome) outcome = co_await session.disk([&] { return writer.write(octets); });
    }
    // With a CR of its own in it, lines of LF are stored with CRLF.
    if (outcome && writer.stored_size() > append_limit(session))
        outcome = fail(ErrorCode::limit, "Message is too large");
    co_return outcome;
}

/// What is wrong with the command before its message is asked for.
std::optional<Reply> objection(const Session& session, const imap::Append& command) {
    if (command.binary) return no("[CANNOT] Binary literals are not supported");
    if (command.size == 0) return no("[CANNOT] An empty message cannot be stored");
    if (command.size > append_limit(session)) return too_big(session);
    return std::nullopt;
}

}  // namespace

net::Async<Reply> append(Session& session, imap::Append command) {
    if (!session.input().message()) co_return bad("Expected the message as a literal");
    std::optional<Reply> wrong = objection(session, command);
    if (wrong) co_return std::move(*wrong);
    const Result<storage::MailboxName> name = mailbox_of(session, command.mailbox);
    if (!name) co_return no(name.error());
    Result<storage::Flags> flags = to_storage(command.flags);
    if (!flags) co_return bad(flags.error().text);
    const storage::Account& account = session.account();
    Result<Target> target = co_await session.disk([&] { return open_target(account, *name); });
    if (!target) co_return no_target(target.error());

    // Before the client sends what would be refused.
    const storage::AccountQuota& quota = session.quota();
    const storage::Usage added{static_cast<std::int64_t>(command.size), 1};
    if (!quota.surely_fits(*name, added)) {
        const Result<> fits = co_await session.disk([&] { return quota.check(*name, added); });
        if (!fits) co_return no(fits.error());
    }

    const Result<> accepted = co_await session.input().accept_message(session.deadline());
    if (!accepted) {
        session.failed(accepted.error());
        co_return Reply{};
    }
    const Result<> received = co_await receive(session, target->writer);
    if (session.ended()) co_return Reply{};
    const Result<bool> ended = co_await session.input().end_message(session.deadline());
    if (!ended) {
        session.failed(ended.error());
        co_return Reply{};
    }
    if (!*ended) co_return bad("Unexpected arguments after the message");
    if (!received && received.error().code == ErrorCode::invalid) co_return bad(received.error().text);
    if (!received && received.error().code == ErrorCode::limit) co_return too_big(session);
    if (!received) co_return no(received.error());

    std::optional<storage::Time> date;
    if (command.date) date = storage::Time(std::chrono::seconds(command.date->seconds));
    std::vector<storage::NewMessage> messages;
    messages.push_back({std::move(target->writer), std::move(*flags), date});
    const Result<storage::Charged<storage::Appended>> appended =
        co_await session.disk([&] { return quota.append({*target->mailbox, *name}, std::move(messages)); });
    if (!appended) co_return no_target(appended.error());
    co_await session.send_warning(appended->warning);
    const storage::Appended& done = appended->done;
    co_return ok(imap::append_uid_code(done.uid_validity.value(), done.uids.front().value()) + " APPEND completed");
}

}  // namespace posthouse::imapd
