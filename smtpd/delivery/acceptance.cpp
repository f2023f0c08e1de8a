// Acceptance: a message that was received goes to lmtpd or into the queue.
#include "smtpd/delivery/acceptance.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "lib/smtp/internationalized.h"
#include "lib/smtp/trace.h"
#include "smtpd/delivery/message_front.h"
#include "smtpd/delivery/outcome.h"
#include "smtpd/delivery/queued_envelope.h"
#include "smtpd/telling.h"

namespace posthouse::smtpd {
namespace {

/// A connection to lmtpd that isn't free by then is not waited for.
constexpr std::chrono::seconds connection_wait{1};

bool may_go_directly(const Transaction& transaction) {
    const std::optional<smtp::ReversePath>& sender = transaction.targets.front().sender;
    return transaction.targets.size() <= max_direct_recipients && !hold_until(transaction) &&
           std::ranges::all_of(transaction.targets, [&sender](const Target& target) {
               return target.local && target.sender == sender && !(target.dsn.notify && target.dsn.notify->success);
           });
}

/// What goes before the content, and the content.
class WithFront final : public transfer::Source {
  public:
    WithFront(const std::string& front, Content& content) : front_(front), content_(content) {}
    std::uint64_t size() const override { return front_.size() + content_.size(); }
    net::Async<Result<std::string>> read(std::uint64_t offset) override {
        std::string octets;
        if (offset < front_.size()) octets = front_.substr(static_cast<std::size_t>(offset));
        const std::uint64_t place = offset + octets.size() - front_.size();
        if (const std::string* whole = content_.in_memory()) {
            octets.append(*whole, static_cast<std::size_t>(place), piece - std::min(piece, octets.size()));
            co_return octets;
        }
        if (!octets.empty()) co_return octets;
        Result<std::string> bytes = co_await content_.read(place);
        co_return bytes;
    }

  private:
    const std::string& front_;
    Content& content_;
};

transfer::Message message_for_lmtp(const Transaction& transaction, const Reception& message, const Facts& facts,
                                   const Session& session) {
    const bool utf8 = facts.needs_utf8;
    const smtp::ReversePath sender = transaction.targets.front().sender.value_or(transaction.sender);
    transfer::Message envelope{.sender = smtp::for_envelope(sender, utf8), .recipients = {}};
    for (const Target& target : transaction.targets)
        envelope.recipients.push_back({.address = smtp::for_envelope(target.address, utf8)});
    envelope.parameters.size = message.content.size() + facts.front.size();
    if (message.facts.has_8bit) envelope.parameters.body = smtp::Body::eight_bit_mime;
    envelope.parameters.smtputf8 = utf8;
    const Origin& origin = transaction.origin;
    envelope.attributes = {
        {"IDENT", transaction.id},
        {"NAME", ""},
        {"ADDR", (origin.ipv6 ? "IPV6:" : "") + origin.address},
        {"PORT", std::to_string(origin.port)},
        {"PROTO", smtp::with_protocol({.lmtp = false, .extended = session.extended})},
        {"HELO", origin.helo},
        {"SOURCE", session.user.empty() ? "REMOTE" : "LOCAL"},
        // The id was born in this transaction: lmtpd needn't look for an earlier delivery, as long as this one waits.
        {"FIRST", transfer::first_until({}, session.config->smtpd.delivery_timeout)},
    };
    return envelope;
}

/// Puts the message into the queue for these of the transaction's targets. `untried`: lmtpd was not handed it.
net::Async<Refusal> enqueue(Session& session, Reception& message, const Facts& facts, std::vector<std::size_t> targets,
                            bool untried) {
    const spool::Envelope envelope = queued_envelope(session, message.facts, facts, targets, untried);
    Result<> queued = co_await message.content.enqueue(envelope, facts.front);
    if (queued) co_return smtp::Reply(250, "2.0.0", "Ok: queued as " + envelope.id);
    session.connection.log.error("cannot queue a message", {{"id", envelope.id}, {"error", queued.error().message()}});
    if (queued.error().code == ErrorCode::no_space) co_return insufficient_storage(queued.error().message());
    co_return smtp::Reply(451, "4.3.0", "The message cannot be queued now, try again later");
}

std::vector<std::size_t> all_of(const Transaction& transaction) {
    std::vector<std::size_t> all(transaction.targets.size());
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
    return all;
}

/// What lmtpd said, with the rule that it goes by.
Refusal told_by_lmtpd(smtp::Reply reply) {
    const bool is_full = reply.status == "5.2.2" || reply.status == "4.2.2";
    if (is_full) return {std::move(reply), Rule::quota};
    if (reply.status == "4.3.1") return {std::move(reply), Rule::storage};
    return std::move(reply);
}

net::Async<Refusal> deliver(Session& session, Reception& message) {
    const Transaction& transaction = *session.transaction;
    const Facts facts = facts_of(session, message);
    if (!may_go_directly(transaction)) {
        Refusal answer = co_await enqueue(session, message, facts, all_of(transaction), true);
        co_return answer;
    }
    const transfer::Message envelope = message_for_lmtp(transaction, message, facts, session);
    WithFront content(facts.front, message.content);
    const LmtpPool::Patience patience{.connection = net::Deadline::in(connection_wait),
                                      .delivery = net::Deadline::in(session.config->smtpd.delivery_timeout)};
    Result<std::vector<smtp::Reply>> replies = co_await session.parts.lmtp.deliver(envelope, content, patience);
    if (!replies) {
        // It may have been stored all the same: who delivers it again under this id finds that out.
        session.connection.log.warning("lmtpd gave no answer, the message is queued",
                                       {{"id", transaction.id}, {"error", replies.error().message()}});
        Refusal answer = co_await enqueue(session, message, facts, all_of(transaction), false);
        co_return answer;
    }
    Outcome outcome = combine(*replies, transaction.id);
    if (outcome.left.empty()) co_return told_by_lmtpd(std::move(outcome.reply));
    Refusal answer = co_await enqueue(session, message, facts, std::move(outcome.left), false);
    co_return answer;
}

void log_result(const Session& session, const Reception& message, const Refusal& answer) {
    const smtp::Reply& reply = answer.reply;
    const Transaction& transaction = *session.transaction;
    const log::Level level = reply.positive() ? log::Level::info : log::Level::warning;
    log::write(level, session.connection.log.id(), reply.positive() ? "accepted" : "not accepted",
               {{"id", transaction.id},
                {"from", smtp::to_path(transaction.sender)},
                {"to", transaction.given.front().to_path()},
                {"recipients", transaction.given.size()},
                {"size", message.facts.size},
                {"address", transaction.origin.address},
                {"user", session.user},
                {"rule", answer.rule ? to_string(*answer.rule) : ""},
                {"reply", reply.to_line()}});
}

}  // namespace

net::Async<Answer> accept(Session& session, Reception& message) {
    Answer answer = message.refused ? Answer(*message.refused) : Answer(smtp::Reply());
    if (!message.refused) {
        Refusal delivered = co_await deliver(session, message);
        answer = Answer(std::move(delivered));
    }
    if (!message.reported) {
        log_result(session, message, answer);
        tell_content(session, message.facts.size, message.message_id.value(), answer);
        if (answer.rule) session.parts.counters.reject(*answer.rule);
    }
    session.parts.counters.message(answer.reply, message.facts.size);
    if (answer.reply.positive()) session.errors = 0;
    answer.reported = true;
    co_return answer;
}

}  // namespace posthouse::smtpd
