// AUTH (RFC 4954 §4): logs a user in. The exchange itself is authd's; here its bytes are carried.
//   auth = "AUTH" SP sasl-mech [SP (base64 / "=")] CRLF
#include <algorithm>
#include <variant>

#include "lib/base/base64.h"
#include "lib/smtp/limits.h"
#include "smtpd/commands/handlers.h"
#include "smtpd/telling.h"

namespace posthouse::smtpd {
namespace {

auth::LoginContext context_of(const Session& session) {
    return {.service = std::string(session.connection.listener),
            .remote = session.connection.peer,
            .local = session.connection.local,
            .secured = session.tls(),
            .session = session.connection.log.id(),
            .binding = session.connection.stream.tls_binding(),
            .certificate_user = session.connection.stream.tls_client_name()};
}

smtp::Reply refusal(Session& session, const Error& error) {
    const bool denied = error.code == ErrorCode::denied;
    // The password was right: what is wrong is told (RFC 3463 §3.8: X.7.0 is all that has no status of its own).
    const bool refused = error.code == ErrorCode::unauthorized || error.code == ErrorCode::expired;
    session.parts.counters.login(denied || refused ? "failure" : "unavailable");
    session.connection.log.info("log-in failed",
                                {{"address", session.connection.peer.ip()}, {"error", error.message()}});
    if (denied) return {535, "5.7.8", "Authentication credentials invalid"};
    if (refused) return {535, "5.7.0", error.text};
    if (error.code == ErrorCode::invalid) return {501, "5.5.2", "The response is malformed"};
    return {454, "4.7.0", "Temporary authentication failure, try again later"};
}

/// Sends a challenge and reads the client's response. The error is the reply to send; its code is 421 when the client
/// has paused too long, and 0 when the connection is gone.
net::Async<smtp::Parsed<Secret>> ask(Session& session, std::string challenge) {
    net::Stream& stream = session.connection.stream;
    const net::Deadline deadline = net::Deadline::in(session.config->smtpd.command_timeout);
    Result<> sent = co_await stream.write("334 " + base64::encode(challenge) + "\r\n", deadline);
    if (!sent) co_return std::unexpected(smtp::Reply());
    Result<std::string> line = co_await stream.read_line(smtp::max_auth_line, deadline);
    if (!line && line.error().code == ErrorCode::limit)
        co_return smtp::refuse(500, "5.5.6", "The response is too long");
    if (!line) co_return std::unexpected(line.error().code == ErrorCode::timeout ? timed_out(session) : smtp::Reply());
    if (*line == "*") {
        session.connection.log.info("log-in given up", {{"peer", session.connection.peer.to_string()}});
        co_return smtp::refuse(501, "5.7.0", "Authentication cancelled");
    }
    std::optional<std::string> response = base64::decode(*line);
    wipe(*line);
    if (!response) co_return smtp::refuse(501, "5.5.2", "The response is not valid base64");
    co_return Secret(*std::move(response));
}

}  // namespace

net::Async<Answer> handle_auth(Session& session, smtp::Command command) {
    auto& request = std::get<smtp::Auth>(command);
    if (!session.user.empty()) co_return smtp::Reply(503, "5.5.1", "Already authenticated");
    // RFC 4954 §4: never before TLS, so that no password crosses the network in the clear.
    if (!session.tls()) co_return smtp::Reply(538, "5.7.11", "Encryption required for authentication");
    const std::vector<std::string> offered = session.mechanisms();
    if (std::ranges::find(offered, request.mechanism) == offered.end()) {
        co_return smtp::Reply(504, "5.5.4", "Authentication mechanism is not supported");
    }
    std::optional<Secret> initial;
    if (request.initial_response) {
        initial.emplace(base64::decode(*request.initial_response).value_or(std::string()));
        wipe(*request.initial_response);
    }
    auth::AuthClient& authd = session.parts.auth;
    Result<auth::LoginStep> step =
        co_await authd.begin(context_of(session), request.mechanism, std::move(initial), session.lookup_deadline());
    while (step && std::holds_alternative<auth::LoginChallenge>(*step)) {
        auto challenge = std::get<auth::LoginChallenge>(*std::move(step));
        smtp::Parsed<Secret> response = co_await ask(session, std::move(challenge.bytes));
        if (!response) {
            authd.cancel(challenge.exchange);
            session.ending = response.error().code == 0 || response.error().code == 421;
            co_return response.error();
        }
        step = co_await authd.respond(challenge.exchange, *std::move(response), session.lookup_deadline());
    }
    if (!step) {
        tell_login(session, request.mechanism, step.error().message());
        co_return refusal(session, step.error());
    }
    session.user = std::get<auth::Login>(*std::move(step)).user;
    session.connection.user = session.user;
    session.parts.counters.login("success");
    tell_login(session, request.mechanism, {});
    session.connection.log.info("log-in", {{"user", session.user}, {"address", session.connection.peer.ip()}});
    co_return smtp::Reply(235, "2.7.0", "Authentication successful");
}

}  // namespace posthouse::smtpd
