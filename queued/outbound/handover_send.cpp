// Handover: the message by one connection, in as many transactions as the server wants.
#include <algorithm>
#include <ctime>
#include <utility>

#include "lib/smtp/remote_reply.h"
#include "queued/outbound/handover.h"

namespace posthouse::queued {
namespace {

/// What lmtpd is told of the client by XFORWARD; IDENT lets it recognise what it has already, for which it looks unless
/// this is the first attempt: smtpd may have tried before the queue did, or the queue before it was killed.
std::vector<std::pair<std::string, std::string>> attributes_of(const Parcel& parcel,
                                                               const transfer::Timeouts& timeouts) {
    const spool::Client& client = parcel.envelope.client;
    const bool ipv6 = client.address.find(':') != std::string::npos;
    std::vector<std::pair<std::string, std::string>> attributes{
        {"IDENT", parcel.envelope.id},
        {"NAME", ""},
        {"ADDR", (ipv6 ? "IPV6:" : "") + client.address},
        {"HELO", client.helo},
        {"SOURCE", client.user.empty() && !client.address.empty() ? "REMOTE" : "LOCAL"}};
    if (parcel.certainly_first) attributes.emplace_back("FIRST", first_until(timeouts, timeouts.message));
    return attributes;
}

bool is_for_good(const transfer::Answer& answer) {
    return smtp::verdict_of(answer.reply, answer.to) != smtp::Verdict::transient;
}

}  // namespace

std::string Handover::remote(const Connection& connection) const {
    return route_.kind == Route::Kind::local ? std::string() : connection.peer;
}

net::Async<bool> Handover::converse(std::unique_ptr<Connection> connection, bool kept) {
    transfer::Conversation& conversation = connection->conversation;
    out_.active_.insert(&conversation);
    Next next = Next::again;
    bool first = true;
    while (next == Next::again && !finished() && conversation.usable()) {
        next = co_await send_once(*connection, std::exchange(first, false) && kept);
        const auto most = conversation.capabilities().limits.mail_max;
        if (!most || static_cast<std::uint32_t>(conversation.messages()) < *most) continue;
        if (next == Next::again && !finished()) {
            fates_.failed({.remote = {},
                           .reply = smtp::Reply(451, "4.5.3", connection->peer + " takes no more in one session"),
                           .outcome = schedule::Outcome::served});
        }
        break;
    }
    out_.active_.erase(&conversation);
    co_await release(std::move(connection));
    co_return next != Next::dead;
}

/// One transaction.
net::Async<Handover::Next> Handover::send_once(Connection& connection, bool kept) {
    transfer::Conversation& conversation = connection.conversation;
    const smtp::Capabilities& offered = conversation.capabilities();
    // Nobody else hears a Unix socket.
    const bool requires_tls = requires_tls_ && !connection.is_socket;
    smtp::Capabilities offered_here = offered;
    offered_here.requiretls = offered.requiretls && conversation.tls();
    std::expected<Form, smtp::Reply> form =
        fit(parcel_.envelope, sender_, parcel_.content.size(), requires_tls, offered_here, std::time(nullptr));
    if (!form) {
        fates_.tell(schedule::Outcome::served);
        fates_.all_refused(form.error(), remote(connection));
        co_return Next::stop;
    }
    smtp::Parsed<transfer::Source*> content = co_await content_.in(*form);
    if (!content) {
        fates_.tell(content.error().permanent() ? schedule::Outcome::served : schedule::Outcome::cancelled);
        fates_.all_refused(content.error(), content.error().permanent() ? remote(connection) : "");
        co_return Next::stop;
    }
    transfer::Message message = std::move(form->message);
    message.parameters.size = (*content)->size();
    if (route_.kind == Route::Kind::local) message.attributes = attributes_of(parcel_, settings_->timeouts);
    std::vector<std::uint32_t> batch;
    for (const std::uint32_t place : first_batch(fates_.open(), parcel_.envelope, offered.limits)) {
        std::expected<transfer::Recipient, smtp::Reply> recipient = fit(parcel_.envelope.recipients[place], form->utf8);
        if (recipient) {
            message.recipients.push_back(*std::move(recipient));
            batch.push_back(place);
        } else {
            fates_.tell(schedule::Outcome::served);
            fates_.refused(place, recipient.error(), remote(connection));
        }
    }
    if (batch.empty()) co_return Next::again;
    stands("sending the message", connection.peer);
    transfer::Sent sent = co_await conversation.send(message, **content);
    const bool silent = std::ranges::none_of(sent.answers, [](const auto& answer) { return answer.has_value(); });
    const bool died = sent.failure && sent.failure->kind == transfer::Failure::Kind::lost;
    if (kept && died && silent && !conversation.content_begun()) co_return Next::dead;
    if (take(sent, batch, connection)) co_return Next::again;
    not_served(sent, batch, connection);
    co_return Next::stop;
}

/// The answers, as far as they are about recipients. True: that was all there is.
bool Handover::take(const transfer::Sent& sent, const std::vector<std::uint32_t>& batch, Connection& connection) {
    const bool promises = connection.conversation.capabilities().dsn;
    const bool served = std::ranges::any_of(sent.answers, [](const auto& answer) {
        return answer && smtp::verdict_of(answer->reply, answer->to) == smtp::Verdict::done;
    });
    bool complete = true;
    for (std::size_t i = 0; i < batch.size(); ++i) {
        const std::optional<transfer::Answer>& answer = sent.answers[i];
        const bool about_recipient =
            answer && (route_.kind != Route::Kind::smtp || answer->to == smtp::Verb::rcpt) && answer->reply.code != 421;
        if (answer && is_too_many(*answer) && served) continue;  // once more, by the same connection
        if (answer && (about_recipient || is_for_good(*answer)))
            fates_.answered(batch[i], *answer, remote(connection), promises);
        else
            complete = false;
    }
    return complete;
}

/// For the others: another host may take it, unless this one may have it already.
void Handover::not_served(const transfer::Sent& sent, const std::vector<std::uint32_t>& batch, Connection& connection) {
    Problem problem{.remote = remote(connection), .reply = smtp::Reply(451, "4.4.2", "no answer")};
    if (sent.failure) problem = problem_of(*sent.failure, connection.peer);
    for (const std::optional<transfer::Answer>& answer : sent.answers) {
        if (!answer || is_for_good(*answer) || answer->to == smtp::Verb::rcpt) continue;
        const bool closes = answer->reply.code == 421;
        problem = {.remote = remote(connection),
                   .reply = answer->reply,
                   .outcome = closes ? schedule::Outcome::overloaded : schedule::Outcome::served};
        break;
    }
    if (connection.conversation.content_sent() && sent.failure) {
        fates_.tell(problem.outcome);
        for (const std::uint32_t place : batch) {
            if (std::ranges::find(fates_.open(), place) != fates_.open().end())
                fates_.refused(place, problem.reply, problem.remote);
        }
        return;
    }
    fates_.failed(std::move(problem));
}

}  // namespace posthouse::queued
