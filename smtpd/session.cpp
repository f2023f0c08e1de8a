// Session: one connection of a client. What is said is in commands/; here lines are read and replies written.
#include "smtpd/session.h"

#include <algorithm>

#include "lib/base/ascii.h"
#include "lib/daemon/origin.h"
#include "lib/smtp/limits.h"
#include "smtpd/commands/perform.h"
#include "smtpd/telling.h"

namespace posthouse::smtpd {
namespace {

Service service_of(std::string_view listener) {
    if (listener == "submission") return Service::submission;
    return listener == "submissions" ? Service::submissions : Service::smtp;
}

smtp::Reply farewell(const Session& session, std::string status, const std::string& text) {
    return {421, std::move(status), session.config->general.hostname + " " + text};
}

net::Async<Result<>> send(Session& session, smtp::Reply reply) {
    Result<> sent = co_await session.connection.stream.write(reply.to_wire(),
                                                             net::Deadline::in(session.config->smtpd.command_timeout));
    co_return sent;
}

/// The next command line. Between transactions a drain ends the wait (`cancelled`); a transaction goes on to its end.
net::Async<Result<std::string>> next_line(Session& session) {
    const net::Deadline end = session.transaction_deadline();
    if (end.passed()) co_return fail(ErrorCode::timeout, "The transaction takes too long");
    const net::Deadline deadline = sooner(net::Deadline::in(session.config->smtpd.command_timeout), end);
    if (!session.transaction) {
        Result<net::Input> input = co_await session.connection.stream.wait_input(deadline);
        if (!input) co_return fail(input.error());
        if (*input == net::Input::draining) co_return fail(ErrorCode::cancelled, "Shutting down");
    }
    const std::size_t longest = smtp::max_any_line + static_cast<std::size_t>(session.config->smtpd.command_line_limit);
    Result<std::string> line = co_await session.connection.stream.read_line(longest, deadline);
    co_return line;
}

/// Reads and answers one command. False: the session is over.
net::Async<bool> exchange(Session& session) {
    Result<std::string> line = co_await next_line(session);
    smtp::Reply reply;
    if (line) {
        reply = co_await perform(session, *std::move(line));
    } else if (line.error().code == ErrorCode::limit) {
        reply = smtp::Reply(500, "5.5.2", "Line too long");
        ++session.errors;
        // Nobody knows how many octets follow.
        if (ascii::istarts_with(line.error().detail, "BDAT")) session.ending = true;
    } else if (line.error().code == ErrorCode::timeout) {
        reply = timed_out(session);
        session.ending = true;
    } else if (line.error().code == ErrorCode::cancelled) {
        const daemon::Connection& connection = session.connection;
        reply = connection.kicked ? farewell(session, "4.7.0", std::string(connection.farewell()))
                                  : farewell(session, "4.3.2", "Service shutting down");
        session.ending = true;
    } else {
        co_return false;
    }
    if (reply.code == 0) co_return !session.ending;
    if (session.errors >= session.config->smtpd.error_limit && !session.ending) {
        reply = farewell(session, "4.7.0", "Too many errors, closing connection");
        report_refusal(session, "", "", {reply, Rule::error_limit});
        session.ending = true;
    }
    Result<> sent = co_await send(session, std::move(reply));
    co_return sent.has_value() && !session.ending;
}

/// After smtpd.greeting_delay. False: the session is over, because the client spoke before it (RFC 5321 §4.3.1), or is
/// gone.
net::Async<bool> greet(Session& session) {
    const auto delay = session.config->smtpd.greeting_delay;
    if (delay.count() > 0 && !session.submission() && !session.in_mynetworks()) {
        const net::Deadline deadline = net::Deadline::in(delay);
        Result<net::Input> input = co_await session.connection.stream.wait_input(deadline);
        if (input && *input == net::Input::ready) {
            const std::string text = " You spoke before the greeting: a mail server waits for it";
            smtp::Reply reply(554, "", session.config->general.hostname + text);
            report_refusal(session, "", "", {reply, Rule::early_talker});
            Result<> refused = co_await send(session, std::move(reply));
            (void)refused;  // the connection ends in any case
            co_return false;
        }
        if (!input && input.error().code != ErrorCode::timeout) co_return false;
    }
    Result<> greeted = co_await send(session, greeting(session));
    co_return greeted.has_value();
}

}  // namespace

Session::Session(Parts& shared, daemon::Connection& client)
    : parts(shared),
      connection(client),
      config(shared.daemon.config()),
      service(service_of(client.listener)),
      may_tell_origin(daemon::may_tell_origin(*config, client.peer)) {}

Phase Session::phase() const {
    if (helo.empty() && config->smtpd.helo_required) return Phase::connected;
    if (!transaction) return Phase::ready;
    if (transaction->chunks) return Phase::chunks;
    return transaction->targets.empty() ? Phase::sender : Phase::recipients;
}

bool Session::in_mynetworks() const {
    if (submission()) return false;
    return std::ranges::any_of(config->smtpd.mynetworks, [this](const std::string& text) {
        const Result<net::Network> network = net::Network::parse(text);
        return network && network->contains(connection.peer);
    });
}

net::Deadline Session::transaction_deadline() const {
    constexpr int pauses = 20;
    if (!transaction || may_relay()) return net::Deadline::never();
    return {transaction->begun + pauses * net::Clock::duration(config->smtpd.data_timeout)};
}

std::vector<std::string> Session::mechanisms() const {
    return sasl::offered_mechanisms(config->auth.mechanisms, auth::circumstances_of(connection.stream, false));
}

smtp::Offered Session::offered() const {
    return {.size = true,
            .eightbitmime = true,
            .auth = submission() && tls(),
            .smtputf8 = true,
            .dsn = true,
            .binarymime = true,
            .requiretls = tls(),
            .futurerelease = submission() && config->smtpd.future_release_limit.count() > 0,
            .deliverby = submission(),  // who chooses the time chooses to whom a report goes
            .mt_priority = true};
}

smtp::Reply greeting(const Session& session) {
    const auto& banner = session.config->smtpd.banner;
    return {220, "", session.config->general.hostname + " " + (banner.empty() ? "ESMTP Posthouse" : banner)};
}

smtp::Reply timed_out(const Session& session) { return farewell(session, "4.4.2", "Timeout, closing connection"); }

net::Async<> converse(Session& session) {
    bool more = co_await greet(session);
    while (more) more = co_await exchange(session);
}

net::Async<> turn_away(Session& session, std::string reason) {
    smtp::Reply reply = farewell(session, "4.7.0", reason);
    report_refusal(session, "", "", {reply, Rule::connections});
    Result<> sent = co_await send(session, std::move(reply));
    (void)sent;  // the connection ends in any case
}

}  // namespace posthouse::smtpd
