// APPEND (RFC 3501 §6.3.11), of several messages (RFC 3502), and REPLACE (RFC 8508): messages go from the connection to
// the disk piece by piece.
#include <expected>
#include <optional>
#include <string>
#include <utility>

#include "imapd/binary_literal.h"
#include "imapd/commands/commands.h"
#include "imapd/flag_mapping.h"
#include "imapd/mail_log.h"
#include "imapd/mailbox_names.h"
#include "imapd/session.h"
#include "lib/imap/limits.h"
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
/// Deviates from RFC 6855 §4: because old mail with 8-bit octets in its header is moved here by clients which enable
/// nothing, such mail is taken from them too.
net::Async<Result<>> receive(Session& session, Target& target, bool may_be_binary) {
    CommandInput& input = session.input();
    Result<> outcome;
    storage::MessageWriter& writer = target.writer;
    BinaryLiteral literal;
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
        if (may_be_binary) literal.add(*piece);
        if (outcome && !may_be_binary && octets.find('\0') != std::string::npos) {
            outcome = fail(ErrorCode::invalid, "NUL byte in the message");
        }
        input.consume_message(piece->size());
        if (outcome) outcome = co_await session.disk([&] { return writer.write(octets); });
    }
    if (outcome && literal.is_binary()) {
        outcome = co_await session.disk([&]() -> Result<> {
            Result<storage::MessageWriter> again = target.mailbox->start_message();
            if (!again) return fail(again.error());
            writer = std::move(*again);
            return literal.write(writer);
        });
    }
    // With a CR of its own in it, lines of LF are stored with CRLF.
    if (outcome && writer.stored_size() > append_limit(session))
        outcome = fail(ErrorCode::limit, "Message is too large");
    co_return outcome;
}

/// What is wrong with a message before it is asked for.
std::optional<Reply> objection(const Session& session, const imap::AppendItem& item) {
    if (item.utf8 && !session.enabled().utf8()) return bad("[CLIENTBUG] UTF8 needs ENABLE UTF8=ACCEPT");
    if (item.size == 0) return no("[CANNOT] An empty message cannot be stored");
    if (item.size > append_limit(session)) return too_big(session);
    return std::nullopt;
}

/// Why a message that has come can't be stored.
Reply refusal(const Session& session, const imap::AppendItem& item, const Error& error) {
    if (error.code == ErrorCode::limit) return too_big(session);
    if (error.code != ErrorCode::invalid) return no(error);
    // RFC 3516 §4.4: parts in binary are stored in base64, for lines of text can't hold them; this has others.
    return item.binary ? no("[UNKNOWN-CTE] " + error.text) : bad(error.text);
}

/// Messages that were received, and where they go.
struct Received {
    Place place;
    storage::AccountQuota quota;
    std::shared_ptr<storage::Mailbox> mailbox;
    std::vector<storage::NewMessage> messages;
    std::vector<bool> seen;  ///< of each, whether it is to be \Seen
    WaitingMessages::Share waiting;
};

/// Stores what was received. Blocks.
Result<storage::Charged<storage::Appended>> store_all(Received& received) {
    auto appended = received.quota.append({*received.mailbox, received.place.name}, std::move(received.messages));
    if (!appended || received.place.viewer.empty()) return appended;
    storage::UidSet seen;
    for (std::size_t i = 0; i < received.seen.size(); ++i)
        if (received.seen[i]) seen.add(appended->done.uids[i]);
    // The messages are there; that they are new to their reader is no reason to say otherwise.
    static_cast<void>(mark_seen(received.place, *received.mailbox, seen));
    return appended;
}

/// Receives the messages of a command, at most `most`, the first of which is announced by `item`.
net::Async<std::expected<Received, Reply>> receive_all(Session& session, const std::string& mailbox,
                                                       imap::AppendItem item, std::size_t most) {
    using After = CommandInput::AfterMessage::Kind;
    if (!session.input().message()) co_return std::unexpected(bad("Expected the message as a literal"));
    const Result<Place> place = co_await find_place(session, mailbox, storage::Right::insert);
    if (!place) co_return std::unexpected(no_target(place.error()));
    Result<storage::AccountQuota> room = co_await quota_of(session, *place);
    if (!room) co_return std::unexpected(no(room.error()));
    Received received{*place, std::move(*room), nullptr, {}, {}, WaitingMessages::Share(session.services().waiting)};
    const storage::MailboxName& name = received.place.name;
    // RFC 4314 §4: flags that the user may not change there are left out.
    const storage::FlagScope carried = place->stored_flags();
    storage::Usage added;
    for (;;) {
        if (std::optional<Reply> wrong = objection(session, item)) co_return std::unexpected(std::move(*wrong));
        if (received.messages.size() == most || (!received.messages.empty() && !received.waiting.add()))
            co_return std::unexpected(no("[LIMIT] Too many messages in one command"));
        Result<storage::Flags> flags = to_storage(item.flags);
        if (!flags) co_return std::unexpected(bad(flags.error().text));
        const storage::Account& account = *received.place.account;
        Result<Target> target = co_await session.disk([&] { return open_target(account, name); });
        if (!target) co_return std::unexpected(no_target(target.error()));
        received.mailbox = target->mailbox;

        // Before the client sends what would be refused.
        const storage::AccountQuota& quota = received.quota;
        added += {static_cast<std::int64_t>(item.size), 1};
        if (!quota.surely_fits(name, added)) {
            const Result<> fits = co_await session.disk([&] { return quota.check(name, added); });
            if (!fits) co_return std::unexpected(no(fits.error()));
        }

        const Result<> accepted = co_await session.input().accept_message(session.deadline());
        if (!accepted) {
            session.failed(accepted.error());
            co_return std::unexpected(Reply{});
        }
        const Result<> stored = co_await receive(session, *target, item.binary);
        if (session.ended()) co_return std::unexpected(Reply{});
        Result<CommandInput::AfterMessage> after = co_await session.input().end_message(session.deadline(), item.utf8);
        if (!after) {
            session.failed(after.error());
            co_return std::unexpected(Reply{});
        }
        if (after->kind == After::malformed) co_return std::unexpected(bad("Unexpected arguments after the message"));
        if (!stored) co_return std::unexpected(refusal(session, item, stored.error()));

        std::optional<storage::Time> date;
        if (item.date) date = storage::Time(std::chrono::seconds(item.date->seconds));
        received.seen.push_back(flags->system.has(storage::Flag::seen));
        received.messages.push_back({std::move(target->writer), carried.of(*flags), date});
        if (after->kind == After::end) co_return received;
        item = std::move(after->item);
    }
}

std::string uid_code(const storage::Appended& appended) {
    std::vector<std::uint32_t> uids;
    uids.reserve(appended.uids.size());
    for (const storage::Uid uid : appended.uids) uids.push_back(uid.value());
    return imap::append_uid_code(appended.uid_validity.value(), uids);
}

/// The message in the view that REPLACE names.
std::optional<storage::Uid> replaced_by(const storage::View& view, const imap::Replace& command) {
    if (command.message == 0) return view.uids().empty() ? std::nullopt : std::optional(view.uids().back());
    if (!command.by_uid) return view.uid(storage::SequenceNumber(command.message));
    const storage::Uid uid(command.message);
    return view.uids().contains(uid) ? std::optional(uid) : std::nullopt;
}

}  // namespace

/// All messages or none (RFC 3502 §6.3.11).
net::Async<Reply> append(Session& session, imap::Append command) {
    std::expected<Received, Reply> received =
        co_await receive_all(session, command.mailbox, std::move(command.item), imap::kMaxAppended);
    if (!received) co_return std::move(received.error());
    const Result<storage::Charged<storage::Appended>> appended =
        co_await session.disk([&] { return store_all(*received); });
    if (!appended) co_return no_target(appended.error());
    if (!received->place.is_foreign) co_await session.send_warning(appended->warning);
    co_return ok(uid_code(appended->done) + " APPEND completed");
}

/// The new message is durable before the old one goes. APPENDUID comes before EXPUNGE (RFC 8508 §3.3).
net::Async<Reply> replace(Session& session, imap::Replace command) {
    storage::View& view = session.selected().view;
    if (view.read_only()) co_return no("[READ-ONLY] Mailbox is open read-only");
    // RFC 8508 §7
    if (!session.selected().may(storage::Right::delete_message) || !session.selected().may(storage::Right::expunge))
        co_return no("[NOPERM] No right to remove messages from here");
    const std::optional<storage::Uid> old = replaced_by(view, command);
    if (!old && !command.by_uid) co_return bad("Invalid message sequence number");
    if (!old) co_return no("[NONEXISTENT] There is no such message");
    std::expected<Received, Reply> received =
        co_await receive_all(session, command.mailbox, std::move(command.item), 1);
    if (!received) co_return std::move(received.error());
    storage::UidSet gone;
    gone.add(*old);
    const Result<storage::Charged<storage::Appended>> appended =
        co_await session.disk([&] { return store_all(*received); });
    if (!appended) co_return no_target(appended.error());
    const storage::AccountQuota old_quota = co_await quota_for_removal(session, session.selected().place);
    const Result<std::vector<storage::Uid>> removed = co_await session.disk([&] {
        const auto removal = old_quota.removal();
        auto expunged = view.mailbox().expunge(gone, storage::ExpungeRule::all_given);
        // Both or none (RFC 8508 §3).
        if (!expunged)
            static_cast<void>(
                received->mailbox->expunge(storage::UidSet(appended->done.uids), storage::ExpungeRule::all_given));
        return expunged;
    });
    if (!removed) co_return no(removed.error());
    log_expunged(session, *removed);
    if (!received->place.is_foreign) co_await session.send_warning(appended->warning);
    const std::string line = "* OK " + uid_code(appended->done) + " Replacement stored\r\n";
    co_await session.send(line);
    Reply reply = ok(command.by_uid ? "UID REPLACE completed" : "REPLACE completed");
    reply.tells_modseq = true;
    co_return reply;
}

}  // namespace posthouse::imapd
