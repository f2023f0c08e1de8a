// APPEND (RFC 3501 §6.3.11), of several messages (RFC 3502) and put together from parts of others (RFC 4469), and
// REPLACE (RFC 8508): messages go from the connection, or from other messages, to the disk piece by piece.
#include <expected>
#include <optional>
#include <string>
#include <utility>

#include "imapd/binary_literal.h"
#include "imapd/commands/commands.h"
#include "imapd/fetch/url_part.h"
#include "imapd/flag_mapping.h"
#include "imapd/mail_log.h"
#include "imapd/mailbox_names.h"
#include "imapd/message_annotations.h"
#include "imapd/metadata_response.h"
#include "imapd/session.h"
#include "lib/base/ascii.h"
#include "lib/base/hex.h"
#include "lib/imap/limits.h"
#include "lib/imap/responses.h"
#include "lib/imap/strings.h"
#include "lib/mime/wire.h"

namespace posthouse::imapd {
namespace {

/// Copied from a URL in one turn on the disk pool.
constexpr std::size_t kCopiedPerTurn = 1 << 20;

std::uint64_t append_limit(const Session& session) {
    return static_cast<std::uint64_t>(session.config().imapd.append_limit);
}

Reply too_big(const Session& session) {
    return no("[TOOBIG] Message is larger than " + std::to_string(append_limit(session)) + " octets");
}

/// "[BADURL "/INBOX/;UID=3"] …" (RFC 4469 §4).
Reply bad_url(std::string_view url, const Error& error) {
    std::string text = "[BADURL \"";
    for (const char c : url.substr(0, imap::kMaxUrl)) {
        if (ascii::is_control(c) || ascii::is_8bit(c) || c == ' ' || c == '"' || c == '\\' || c == ']')
            text += "%" + ascii::upper(hex::encode({&c, 1}));
        else
            text += c;
    }
    return no(text + "\"] " + imap::reply_text(error.text));
}

/// A message on its way in.
struct Incoming {
    Incoming(storage::NewMessage m, std::string user) : message(std::move(m)), literal(std::move(user)) {}

    storage::NewMessage message;
    mime::CrlfEncoder encoder{};  ///< lines may end in one part and begin in another
    std::uint64_t announced = 0;  ///< octets that have come, or were said to come
    bool binary = false;          ///< some of them as literal8
    bool may_hold_nul = false;    ///< all of it is one: see `literal`
    BinaryLiteral literal;
    Result<> outcome{};  ///< of what was written

    /// Adds octets as they come. Blocks. False: it failed, now or before.
    bool write(std::string_view octets) {
        if (!outcome) return false;
        std::string wire;
        // Deviates from RFC 3501 §6.3.11: because clients append old mail with bare LF, it is taken as CRLF.
        encoder.encode(octets, wire);
        if (!may_hold_nul && wire.find('\0') != std::string::npos)
            outcome = fail(ErrorCode::invalid, "NUL byte in the message");
        else
            outcome = message.content.write(wire);
        return outcome.has_value();
    }
};

/// Opens what a URL stands for, relative to the user and to the selected mailbox (RFC 4469 §3). not_found, invalid: it
/// stands for nothing here.
net::Async<Result<UrlPart>> open_part(Session& session, const std::string& text) {
    const Result<imap::MessageUrl> url = imap::parse_message_url(text);
    if (!url) co_return fail(url.error());
    if (!url->host.empty() && url->host != ascii::lower(session.config().general.hostname))
        co_return fail(ErrorCode::not_found, "Messages of other servers are not fetched");
    if (!url->user.empty() && url->user != session.user())
        co_return fail(ErrorCode::not_found, "Messages of other users are not fetched");
    std::shared_ptr<storage::Mailbox> mailbox;
    if (url->mailbox.empty()) {
        if (session.state() != kSelected)
            co_return fail(ErrorCode::invalid, "URL names no mailbox, and none is selected");
        mailbox = session.selected().view.shared_mailbox();
    }
    co_return co_await session.disk([&]() -> Result<UrlPart> {
        if (!mailbox) {
            const Result<storage::MailboxName> name = storage::MailboxName::parse(url->mailbox);
            if (!name) return fail(name.error());
            const Result<Place> place = place_of(session, *name);
            if (!place) return fail(place.error());
            if (!place->rights.has(storage::Right::read))
                return fail(ErrorCode::denied, "No right to read the mailbox");
            Result<std::shared_ptr<storage::Mailbox>> opened = place->account->open(place->name);
            if (!opened) return fail(opened.error());
            mailbox = std::move(*opened);
        }
        return UrlPart::open(*mailbox, *url);
    });
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

/// Receives the messages of a command.
class Receiver {
  public:
    /// At most `most` of them.
    Receiver(Session& session, Place place, storage::AccountQuota quota, std::size_t most)
        : session_(session),
          received_{
              std::move(place), std::move(quota), nullptr, {}, {}, WaitingMessages::Share(session.services().waiting)},
          most_(most) {}

    net::Async<std::expected<Received, Reply>> run(imap::AppendSection section) {
        for (;;) {
            for (imap::AppendStep& step : section.steps) {
                std::optional<Reply> wrong = co_await take(step);
                if (wrong || session_.ended()) co_return std::unexpected(std::move(wrong).value_or(Reply{}));
            }
            const imap::MessageOctets* const octets = section.octets();
            if (octets == nullptr) co_return std::move(received_);
            const imap::AppendPlace place = octets->place;
            Result<CommandInput::AfterMessage> after =
                co_await session_.input().end_message(place, session_.deadline());
            if (!after) {
                session_.failed(after.error());
                co_return std::unexpected(Reply{});
            }
            if (after->refused) co_return std::unexpected(refused(*after->refused));
            if (!incoming_->outcome) co_return std::unexpected(refusal());
            if (place != imap::AppendPlace::list)
                if (std::optional<Reply> wrong = complete()) co_return std::unexpected(std::move(*wrong));
            section = std::move(after->section);
        }
    }

  private:
    net::Async<std::optional<Reply>> take(const imap::AppendStep& step) {
        std::optional<Reply> wrong;
        if (const auto* begin = std::get_if<imap::MessageBegin>(&step))
            wrong = co_await start(*begin);
        else if (const auto* octets = std::get_if<imap::MessageOctets>(&step))
            wrong = co_await receive(*octets);
        else if (const auto* part = std::get_if<imap::MessagePart>(&step))
            wrong = co_await copy(part->url);
        else
            wrong = complete();
        co_return wrong;
    }

    net::Async<std::optional<Reply>> start(const imap::MessageBegin& begin) {
        std::vector<storage::NewMessage>& messages = received_.messages;
        if (messages.size() == most_ || (!messages.empty() && !received_.waiting.add()))
            co_return no("[LIMIT] Too many messages in one command");
        Result<storage::Flags> flags = to_storage(begin.flags);
        if (!flags) co_return bad(flags.error().text);
        if (std::optional<Reply> wrong = annotations_objection(begin.annotations, received_.place.rights))
            co_return std::move(*wrong);
        storage::MessageAnnotations annotations =
            to_storage(begin.annotations, annotation_user(session_, received_.place));
        if (are_too_many(annotations)) co_return too_many_annotations();
        std::optional<storage::Time> date;
        if (begin.date) date = storage::Time(std::chrono::seconds(begin.date->seconds));
        Result<storage::MessageWriter> writer = co_await session_.disk([&] { return open_writer(); });
        if (!writer) co_return no_target(writer.error());
        received_.seen.push_back(flags->system.has(storage::Flag::seen));
        // RFC 4314 §4: flags that the user may not change there are left out.
        incoming_.emplace(storage::NewMessage{std::move(*writer), received_.place.stored_flags().of(*flags), date,
                                              std::move(annotations)},
                          session_.user());
        expected_ += {0, 1};
        co_return std::nullopt;
    }

    /// Opens the mailbox, for all messages of the command, and starts one. Blocks.
    Result<storage::MessageWriter> open_writer() {
        if (!received_.mailbox) {
            Result<std::shared_ptr<storage::Mailbox>> mailbox =
                received_.place.account->open_to_add(received_.place.name);
            if (!mailbox) return fail(mailbox.error());
            received_.mailbox = std::move(*mailbox);
        }
        return received_.mailbox->start_message();
    }

    /// What speaks against so many octets more, before they come.
    net::Async<std::optional<Reply>> objection(std::uint64_t size) {
        incoming_->announced += size;
        if (size > append_limit(session_) || incoming_->announced > append_limit(session_)) co_return too_big(session_);
        const storage::AccountQuota& quota = received_.quota;
        expected_ += {static_cast<std::int64_t>(size), 0};
        if (quota.surely_fits(received_.place.name, expected_)) co_return std::nullopt;
        const Result<> fits = co_await session_.disk([&] { return quota.check(received_.place.name, expected_); });
        if (!fits) co_return no(fits.error());
        co_return std::nullopt;
    }

    /// Reads all octets, also after a failure to write them.
    /// Deviates from RFC 6855 §4: because old mail with 8-bit octets in its header is moved here by clients which
    /// enable nothing, such mail is taken from them too.
    net::Async<std::optional<Reply>> receive(imap::MessageOctets octets) {
        const bool is_part = octets.place == imap::AppendPlace::list;
        if (octets.place == imap::AppendPlace::utf8 && !session_.enabled().utf8())
            co_return bad("[CLIENTBUG] UTF8 needs ENABLE UTF8=ACCEPT");
        if (octets.size == 0 && !is_part) co_return no("[CANNOT] An empty message cannot be stored");
        if (!session_.input().message()) co_return bad("Expected the message as a literal");
        std::optional<Reply> wrong = co_await objection(octets.size);
        if (wrong) co_return wrong;
        if (octets.binary) incoming_->binary = true;
        incoming_->may_hold_nul = octets.binary && !is_part;
        CommandInput& input = session_.input();
        const Result<> accepted = co_await input.accept_message(session_.deadline());
        if (!accepted) session_.failed(accepted.error());
        while (accepted && input.message_left() > 0) {
            const Result<std::string_view> piece = co_await input.read_message(session_.deadline());
            if (!piece) {
                session_.failed(piece.error());
                co_return std::nullopt;
            }
            const std::string bytes(*piece);
            input.consume_message(bytes.size());
            if (incoming_->may_hold_nul) incoming_->literal.add(bytes);
            if (incoming_->outcome) co_await session_.disk([&] { return incoming_->write(bytes); });
        }
        if (incoming_->outcome && incoming_->literal.is_binary())
            incoming_->outcome = co_await session_.disk([&] { return write_again(); });
        co_return std::nullopt;
    }

    /// Writes a message that lines of text can't hold, its parts in binary in base64 (RFC 3516 §4.4). Blocks.
    Result<> write_again() {
        Result<storage::MessageWriter> writer = received_.mailbox->start_message();
        if (!writer) return fail(writer.error());
        incoming_->message.content = std::move(*writer);
        return incoming_->literal.write(incoming_->message.content);
    }

    /// Takes the octets that a URL stands for (RFC 4469 §3).
    net::Async<std::optional<Reply>> copy(const std::string& url) {
        Result<UrlPart> part = co_await open_part(session_, url);
        if (!part && is_of_the_url(part.error())) co_return bad_url(url, part.error());
        if (!part) co_return no(part.error());
        std::optional<Reply> wrong = co_await objection(part->left());
        if (wrong) co_return wrong;
        while (part->left() > 0) {
            const Result<> copied = co_await session_.disk([&]() -> Result<> {
                const Result<std::string> piece = part->read(kCopiedPerTurn);
                if (!piece) return fail(piece.error());
                incoming_->write(*piece);
                return incoming_->outcome;
            });
            if (!copied) co_return no(copied.error());
        }
        co_return std::nullopt;
    }

    static bool is_of_the_url(const Error& error) {
        return error.code == ErrorCode::invalid || error.code == ErrorCode::not_found ||
               error.code == ErrorCode::denied || error.code == ErrorCode::limit;
    }

    std::optional<Reply> complete() {
        // With a CR of its own in it, lines of LF are stored with CRLF.
        if (incoming_->message.content.stored_size() > append_limit(session_)) return too_big(session_);
        if (incoming_->message.content.wire_size() == 0) return no("[CANNOT] An empty message cannot be stored");
        received_.messages.push_back(std::move(incoming_->message));
        incoming_.reset();
        return std::nullopt;
    }

    /// Why octets that have come can't be stored.
    Reply refusal() const {
        const Error& error = incoming_->outcome.error();
        if (error.code != ErrorCode::invalid) return no(error);
        // RFC 3516 §4.4: parts in binary are stored in base64, for lines of text can't hold them; this has others.
        return incoming_->binary ? no("[UNKNOWN-CTE] " + error.text) : bad(error.text);
    }

    Session& session_;
    Received received_;
    std::size_t most_;
    std::optional<Incoming> incoming_;
    storage::Usage expected_;  ///< of all messages
};

/// Receives the messages of a command, of which `section` tells the beginning.
net::Async<std::expected<Received, Reply>> receive_all(Session& session, const std::string& mailbox,
                                                       imap::AppendSection section, std::size_t most) {
    Result<Place> place = co_await find_place(session, mailbox, storage::Right::insert);
    if (!place) co_return std::unexpected(no_target(place.error()));
    Result<storage::AccountQuota> quota = co_await quota_of(session, *place);
    if (!quota) co_return std::unexpected(no(quota.error()));
    Receiver receiver(session, std::move(*place), std::move(*quota), most);
    co_return co_await receiver.run(std::move(section));
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
        co_await receive_all(session, command.mailbox, std::move(command.section), imap::kMaxAppended);
    if (!received) co_return std::move(received.error());
    const Result<storage::Charged<storage::Appended>> appended =
        co_await session.disk([&] { return store_all(*received); });
    if (!appended) co_return no_target(appended.error());
    if (!received->place.is_foreign) co_await session.send_warning(appended->warning);
    co_return ok(uid_code(appended->done) + " APPEND completed");
}

/// The new message is durable before the old one goes. APPENDUID comes before EXPUNGE (RFC 8508 §3.3). One that another
/// session has removed, which this client wasn't told of yet, is replaced all the same: afterwards the mailbox is as
/// the client wants it, and what somebody wrote isn't lost. One that the client was told is gone is refused before the
/// message comes.
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
        co_await receive_all(session, command.mailbox, std::move(command.section), 1);
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
