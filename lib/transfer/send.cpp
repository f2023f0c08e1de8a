// Conversation::send: one transaction, its envelope and its content.
#include <algorithm>
#include <utility>

#include "lib/smtp/data_encoder.h"
#include "lib/smtp/remote_reply.h"
#include "lib/transfer/conversation.h"

namespace posthouse::transfer {
namespace {

/// Commands whose replies are awaited at one time: the replies fit into the socket's buffers, so the server never
/// waits for this side to read while this side waits for it to (RFC 2920 §3.1).
constexpr std::size_t window = 50;
/// How long a reply may take that the server sent before it closed.
constexpr std::chrono::seconds last_words{1};

}  // namespace

struct Conversation::Transaction {
    struct Command {
        std::string line;
        smtp::Verb verb;
        std::size_t recipient = 0;  ///< of RCPT
    };
    const Message& message;
    Source& content;
    net::Deadline deadline;
    Sent sent;
    std::vector<Command> commands;
    bool mail_accepted = false;
    std::vector<std::size_t> accepted;  ///< recipients
    bool go_ahead = false;              ///< 354

    /// The reply to `verb` is the answer of all that have none.
    void answer_all(const smtp::Reply& reply, smtp::Verb verb) {
        for (std::optional<Answer>& answer : sent.answers) {
            if (!answer) answer = Answer{reply, verb};
        }
        accepted.clear();
    }
};

bool Conversation::readable() {
    const Result<std::string_view> bytes = stream_.peek_now();
    return !bytes || !bytes->empty();
}

bool Conversation::at_once(const Transaction& transaction) const {
    return capabilities_.chunking && capabilities_.pipelining && transaction.content.size() <= terms_.at_once_up_to &&
           transaction.message.recipients.size() < window;
}

bool Conversation::by_chunks(const Transaction& transaction) const {
    if (!capabilities_.chunking) return false;
    return transaction.message.parameters.body == smtp::Body::binary_mime ||
           transaction.content.size() >= terms_.chunk_from || at_once(transaction);
}

net::Async<Sent> Conversation::send(const Message& message, Source& content, net::Deadline deadline) {
    content_begun_ = content_sent_ = false;
    ++messages_;
    Transaction transaction{.message = message,
                            .content = content,
                            .deadline = sooner(deadline, net::Deadline::in(terms_.timeouts.message)),
                            .sent = {},
                            .commands = {},
                            .accepted = {}};
    transaction.sent.answers.resize(message.recipients.size());
    Done<> done = co_await send_envelope(transaction);
    if (done && content_begun_) {
        done = co_await answer_at_once(transaction);
    } else if (done && !transaction.accepted.empty() && (transaction.go_ahead || by_chunks(transaction))) {
        done = co_await send_content(transaction);
    } else if (done && transaction.go_ahead) {
        done = co_await end_without_content();
    }
    if (!done) transaction.sent.failure = std::move(done.error());
    co_return std::move(transaction.sent);
}

/// The content went with its envelope. With nobody left to send it to, the server refuses it, once.
net::Async<Conversation::Done<>> Conversation::answer_at_once(Transaction& transaction) {
    if (!transaction.accepted.empty()) {
        Done<> taken = co_await take_final_replies(transaction);
        co_return taken;
    }
    Done<smtp::Reply> refusal = co_await read_reply(Step::content, net::Deadline::in(terms_.timeouts.data_done));
    if (!refusal) co_return std::unexpected(std::move(refusal.error()));
    co_return Done<>{};
}

/// Nobody is left to send it to, but the server waits for it (RFC 2920 §3.1). LMTP has a reply for each recipient that
/// was accepted: none.
net::Async<Conversation::Done<>> Conversation::end_without_content() {
    const net::Deadline deadline = net::Deadline::in(terms_.timeouts.data_init);
    if (terms_.protocol == Protocol::lmtp) {
        Result<> sent = co_await stream_.write(".\r\n", deadline);
        if (!sent) co_return give_up(from_error(sent.error(), Step::envelope));
    } else {
        Done<smtp::Reply> ignored = co_await ask(".\r\n", Step::envelope, deadline);
        if (!ignored) co_return std::unexpected(std::move(ignored.error()));
    }
    dirty_ = false;
    co_return Done<>{};
}

net::Async<Conversation::Done<>> Conversation::send_envelope(Transaction& transaction) {
    const Message& message = transaction.message;
    auto& commands = transaction.commands;
    if (dirty_) commands.push_back({"RSET\r\n", smtp::Verb::rset});
    auto [attributes, lines] = smtp::xforward_commands(message.attributes, capabilities_);
    for (int i = 0; i < lines; ++i) {
        const std::size_t end = attributes.find('\n') + 1;
        commands.push_back({attributes.substr(0, end), smtp::Verb::xforward});
        attributes.erase(0, end);
    }
    commands.push_back({smtp::mail_command(message.sender, message.parameters, capabilities_), smtp::Verb::mail});
    for (std::size_t i = 0; i < message.recipients.size(); ++i) {
        const Recipient& recipient = message.recipients[i];
        commands.push_back(
            {smtp::rcpt_command(recipient.address, recipient.parameters, capabilities_), smtp::Verb::rcpt, i});
    }
    if (!by_chunks(transaction)) commands.push_back({"DATA\r\n", smtp::Verb::data});
    if (at_once(transaction)) {
        Done<> added = co_await add_content(transaction);
        if (!added) co_return added;
    }
    dirty_ = true;
    Done<> done = co_await pipeline(transaction);
    co_return done;
}

/// The content as one more command.
net::Async<Conversation::Done<>> Conversation::add_content(Transaction& transaction) {
    const std::uint64_t size = transaction.content.size();
    Result<std::string> all = co_await transaction.content.read(0);
    if (!all || all->size() != size) {
        co_return give_up({.kind = Failure::Kind::local,
                           .step = Step::content,
                           .text = "the message can't be read: " + (all ? "its size is wrong" : all.error().text),
                           .reply = {}});
    }
    transaction.commands.push_back({smtp::bdat_command(size, true) + *all, smtp::Verb::bdat});
    co_return Done<>{};
}

/// Sends the commands and takes their replies, as far as they are of use.
net::Async<Conversation::Done<>> Conversation::pipeline(Transaction& transaction) {
    const auto& commands = transaction.commands;
    const std::size_t most = capabilities_.pipelining ? window : 1;
    std::size_t asked = 0;
    std::size_t answered = 0;
    bool refused = false;  // what follows is of no use
    std::string lines;
    while (answered < asked || (asked < commands.size() && !refused)) {
        // As many as may be under way, in one write: fewer packets, and the server wakes up once.
        lines.clear();
        while (asked < commands.size() && asked - answered < most && !refused) {
            const bool nobody = asked == answered && transaction.accepted.empty();
            const bool content = commands[asked].verb == smtp::Verb::data || commands[asked].verb == smtp::Verb::bdat;
            if (content && nobody) co_return Done<>{};
            lines += commands[asked].line;
            content_begun_ = commands[asked].verb == smtp::Verb::bdat;
            ++asked;
        }
        if (!lines.empty()) {
            const net::Deadline deadline = sooner(transaction.deadline, net::Deadline::in(terms_.timeouts.mail));
            Result<> sent = co_await stream_.write(lines, deadline);
            if (!sent) co_return give_up(from_error(sent.error(), Step::envelope));
            content_sent_ = content_begun_;
        }
        if (answered == asked || commands[answered].verb == smtp::Verb::bdat) break;
        Done<> taken = co_await take_reply(transaction, answered);
        if (!taken) co_return taken;
        refused = refused || (commands[answered].verb == smtp::Verb::mail && !transaction.mail_accepted);
        ++answered;
    }
    co_return Done<>{};
}

net::Async<Conversation::Done<>> Conversation::take_reply(Transaction& transaction, std::size_t command) {
    const Transaction::Command& asked = transaction.commands[command];
    const auto patience = asked.verb == smtp::Verb::rcpt   ? terms_.timeouts.rcpt
                          : asked.verb == smtp::Verb::data ? terms_.timeouts.data_init
                                                           : terms_.timeouts.mail;
    Done<smtp::Reply> reply =
        co_await read_reply(Step::envelope, sooner(transaction.deadline, net::Deadline::in(patience)));
    if (!reply) co_return std::unexpected(std::move(reply.error()));
    if (reply->code == 421) {
        transaction.answer_all(*reply, asked.verb);
        co_return give_up({.kind = Failure::Kind::refused,
                           .step = Step::envelope,
                           .text = "the server closes the connection",
                           .reply = *std::move(reply)});
    }
    const smtp::Verdict verdict = smtp::verdict_of(*reply, asked.verb);
    switch (asked.verb) {
        case smtp::Verb::mail:
            transaction.mail_accepted = verdict == smtp::Verdict::done;
            if (!transaction.mail_accepted) transaction.answer_all(*reply, asked.verb);
            break;
        case smtp::Verb::rcpt:
            if (!transaction.mail_accepted) break;
            if (verdict == smtp::Verdict::done)
                transaction.accepted.push_back(asked.recipient);
            else
                transaction.sent.answers[asked.recipient] = Answer{*std::move(reply), asked.verb};
            break;
        case smtp::Verb::data:
            // It hasn't been given any of it (RFC 5321 §4.3.2): it, or something between, answers another command.
            if (verdict == smtp::Verdict::done) {
                co_return give_up({.kind = Failure::Kind::nonsense,
                                   .step = Step::envelope,
                                   .text = "the server answered DATA before it had the message",
                                   .reply = {}});
            }
            transaction.go_ahead = verdict == smtp::Verdict::go_on;
            if (!transaction.go_ahead) transaction.answer_all(*reply, asked.verb);
            break;
        default: break;  // a refused XFORWARD is no reason to refuse the mail
    }
    co_return Done<>{};
}

net::Async<Conversation::Done<>> Conversation::send_content(Transaction& transaction) {
    content_begun_ = true;
    if (transaction.go_ahead) {
        Done<> done = co_await send_data(transaction);
        if (!done) co_return done;
    } else {
        Done<> done = co_await send_chunk(transaction);
        if (!done) co_return done;
    }
    Done<> done = co_await take_final_replies(transaction);
    co_return done;
}

net::Async<Conversation::Done<>> Conversation::send_data(Transaction& transaction) {
    smtp::DataEncoder encoder;
    std::uint64_t offset = 0;
    std::string out;
    while (offset < transaction.content.size()) {
        Result<std::string> piece = co_await transaction.content.read(offset);
        if (!piece || piece->empty()) {
            co_return give_up({.kind = Failure::Kind::local,
                               .step = Step::content,
                               .text = "the message can't be read: " + (piece ? "it ends early" : piece.error().text),
                               .reply = {}});
        }
        offset += piece->size();
        encoder.feed(*piece, out);
        if (offset >= transaction.content.size()) break;
        Done<> given = co_await give(out, transaction);
        if (!given) co_return given;
        out.clear();
    }
    encoder.finish(out);
    content_sent_ = true;
    Done<> given = co_await give(out, transaction);
    co_return given;
}

net::Async<Conversation::Done<>> Conversation::send_chunk(Transaction& transaction) {
    const std::uint64_t size = transaction.content.size();
    std::uint64_t offset = 0;
    std::string out = smtp::bdat_command(size, true);
    while (offset < size) {
        Result<std::string> piece = co_await transaction.content.read(offset);
        if (!piece || piece->empty() || piece->size() > size - offset) {
            co_return give_up(
                {.kind = Failure::Kind::local,
                 .step = Step::content,
                 .text = "the message can't be read: " + (piece ? "its size is wrong" : piece.error().text),
                 .reply = {}});
        }
        offset += piece->size();
        out += *piece;
        if (offset >= size) break;
        Done<> given = co_await give(out, transaction);
        if (!given) co_return given;
        out.clear();
    }
    content_sent_ = true;
    Done<> given = co_await give(out, transaction);
    co_return given;
}

/// Writes octets of the content. A reply that comes before all of it is given ends the conversation: it is the answer
/// to the content, and the server may read no more.
net::Async<Conversation::Done<>> Conversation::give(std::string_view octets, Transaction& transaction) {
    const net::Deadline deadline = sooner(transaction.deadline, net::Deadline::in(terms_.timeouts.data_block));
    Result<> written;
    const bool spoke = readable();
    if (!spoke) written = co_await stream_.write(octets, deadline);
    if (!spoke && written) co_return Done<>{};
    if (!written && written.error().code == ErrorCode::cancelled)
        co_return give_up(from_error(written.error(), Step::content));

    Done<smtp::Reply> reply = co_await read_reply(Step::content, net::Deadline::in(last_words));
    // All of it wasn't given, so the server can't have taken it.
    content_sent_ = false;
    if (!reply)
        co_return std::unexpected(written ? std::move(reply.error()) : from_error(written.error(), Step::content));
    if (!reply->transient() && !reply->permanent()) {
        co_return give_up({.kind = Failure::Kind::nonsense,
                           .step = Step::content,
                           .text = "the server answered before it had the message",
                           .reply = {}});
    }
    transaction.answer_all(*reply, transaction.go_ahead ? smtp::Verb::data : smtp::Verb::bdat);
    co_return give_up({.kind = Failure::Kind::refused,
                       .step = Step::content,
                       .text = "refused while sending the message",
                       .reply = *std::move(reply)});
}

/// One reply in SMTP, one for each accepted recipient in LMTP (RFC 2033 §4.2).
net::Async<Conversation::Done<>> Conversation::take_final_replies(Transaction& transaction) {
    const smtp::Verb verb = transaction.go_ahead ? smtp::Verb::data : smtp::Verb::bdat;
    const bool each = terms_.protocol == Protocol::lmtp;
    // answer_all leaves nothing of it.
    const std::vector<std::size_t> accepted = transaction.accepted;
    for (const std::size_t recipient : accepted) {
        const net::Deadline deadline = sooner(transaction.deadline, net::Deadline::in(terms_.timeouts.data_done));
        Done<smtp::Reply> reply = co_await read_reply(Step::end_of_content, deadline);
        if (!reply) co_return std::unexpected(std::move(reply.error()));
        const bool closes = reply->code == 421;
        if (each && !closes)
            transaction.sent.answers[recipient] = Answer{*std::move(reply), verb};
        else
            transaction.answer_all(*reply, verb);
        if (closes) {
            co_return give_up({.kind = Failure::Kind::refused,
                               .step = Step::end_of_content,
                               .text = "the server closes the connection",
                               .reply = *std::move(reply)});
        }
        if (!each) break;
    }
    dirty_ = false;
    co_return Done<>{};
}

}  // namespace posthouse::transfer
