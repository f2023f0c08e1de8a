// Logging in: USER and PASS (RFC 1939 §7), AUTH (RFC 5034), and APOP, which isn't offered.
#include <algorithm>
#include <utility>
#include <variant>

#include "auth/client/auth_client.h"
#include "pop3d/commands/commands.h"

namespace posthouse::pop3d {
namespace {

using pop3::ResponseCode;

void count(const Session& session, std::string_view result) {
    session.services()
        .metrics.counter("posthouse_pop3_logins_total", "POP3 log-ins", {{"result", std::string(result)}})
        .add();
}

/// How long authd may take. A session outlives a log-in that could not be decided.
net::Deadline auth_deadline(const Session& session) { return net::Deadline::in(session.config().auth.request_timeout); }

pop3::Reply refusal(Session& session, const Error& error, std::string_view user) {
    session.log().info("log-in failed", {{"user", user}, {"error", error.message()}});
    switch (error.code) {
        case ErrorCode::denied:
        case ErrorCode::unauthorized:
        case ErrorCode::expired:
        case ErrorCode::not_found:
            session.count_error();
            count(session, "denied");
            return pop3::err(ResponseCode::auth, error.text.empty() ? "Authentication failed" : error.text);
        case ErrorCode::invalid:
        case ErrorCode::limit:
        case ErrorCode::unsupported:
            session.count_error();
            count(session, "invalid");
            return pop3::err(error.text);
        default: break;
    }
    count(session, "unavailable");
    return pop3::err(ResponseCode::sys_temp, "Authentication is not available now, try again later");
}

/// The user is known: opens the maildrop and enters the TRANSACTION state.
net::Async<Answer> enter(Session& session, auth::Login who, std::string_view method) {
    std::string user = std::move(who.user);
    const Result<storage::AccountName> account = storage::AccountName::parse(user);
    if (!account) {
        session.log().error("user has no mailbox here", {{"user", user}, {"error", account.error().message()}});
        co_return pop3::err(ResponseCode::sys_perm, "This user has no mailbox");
    }
    storage::Store& store = session.services().store;
    Result<Maildrop> maildrop =
        co_await session.services().disk.run_for(user, [&store, &account] { return Maildrop::open(store, *account); });
    if (!maildrop) {
        session.log().error("cannot open mailbox", {{"user", user}, {"error", maildrop.error().message()}});
        count(session, "unavailable");
        co_return pop3::err(ResponseCode::sys_temp, "Mailbox is not available now, try again later");
    }
    count(session, "ok");
    const auth::LoginContext context = session.login_context();
    session.log().info("logged in", {{"user", user},
                                     {"method", method},
                                     {"peer", context.remote.to_string()},
                                     {"tls", context.secured ? "yes" : "no"},
                                     {"messages", maildrop->count()}});
    const std::string text = "Logged in, " + std::to_string(maildrop->count()) + " messages, " +
                             std::to_string(maildrop->octets()) + " octets";
    session.logged_in(std::move(user), std::move(*maildrop), session.services().quota.of(*account, who.fields));
    co_return pop3::ok(text);
}

net::Async<Answer> send_mechanisms(Session& session) {
    std::string reply = pop3::to_line(pop3::ok("Mechanisms follow"));
    for (const std::string& mechanism : session.mechanisms()) reply.append(mechanism).append("\r\n");
    reply += ".\r\n";
    co_await session.send(reply);
    co_return std::nullopt;
}

/// Sends a challenge and reads the response to it; nothing when the connection is of no more use.
net::Async<std::optional<Result<Secret>>> ask(Session& session, std::string_view challenge) {
    const bool sent = co_await session.send(pop3::to_challenge(challenge));
    if (!sent) co_return std::nullopt;
    std::optional<Result<std::string>> line = co_await session.read_line();
    if (!line) co_return std::nullopt;
    if (!*line) co_return fail(ErrorCode::limit, "Line too long");
    Result<Secret> response = pop3::parse_sasl_response(**line);
    wipe(**line);
    co_return response;
}

}  // namespace

/// USER (RFC 1939 §7). Says nothing about whether the user exists.
net::Async<Answer> user(Session& session, pop3::User command) {
    if (!session.may_use_user()) {
        session.count_error();
        co_return pop3::err("USER is not offered");
    }
    session.user_name = std::move(command.name);
    co_return pop3::ok("Password, please");
}

/// PASS (RFC 1939 §7): only after USER.
net::Async<Answer> pass(Session& session, pop3::Pass command) {
    const std::string name = std::exchange(session.user_name, {});
    if (name.empty()) {
        session.count_error();
        co_return pop3::err("USER comes first");
    }
    Result<auth::Login> login = co_await session.services().auth.log_in(
        session.login_context(), name, std::move(command.password), auth_deadline(session));
    if (!login) co_return refusal(session, login.error(), name);
    Answer answer = co_await enter(session, std::move(*login), "USER");
    co_return answer;
}

/// APOP (RFC 1939 §7): needs passwords that are stored readable, so the greeting never offers it.
net::Async<Answer> apop(Session& session, pop3::Apop /*command*/) {
    session.count_error();
    co_return pop3::err("APOP is not offered");
}

/// AUTH (RFC 5034 §4): the exchange goes to authd step by step.
net::Async<Answer> auth(Session& session, pop3::Auth command) {
    if (command.mechanism.empty()) {
        Answer listed = co_await send_mechanisms(session);
        co_return listed;
    }
    const std::vector<std::string> offered = session.mechanisms();
    if (std::ranges::find(offered, command.mechanism) == offered.end()) {
        session.count_error();
        co_return pop3::err("Mechanism is not offered");
    }
    auth::AuthClient& authd = session.services().auth;
    Result<auth::LoginStep> step = co_await authd.begin(session.login_context(), command.mechanism,
                                                        std::move(command.initial_response), auth_deadline(session));
    while (step && std::holds_alternative<auth::LoginChallenge>(*step)) {
        const auth::LoginChallenge challenge = std::get<auth::LoginChallenge>(*step);
        std::optional<Result<Secret>> response = co_await ask(session, challenge.bytes);
        if (!response || !*response) authd.cancel(challenge.exchange);
        if (!response) co_return std::nullopt;
        if (!*response) {
            if (response->error().code == ErrorCode::cancelled)
                session.log().info("log-in given up", {{"peer", session.login_context().remote.to_string()}});
            session.count_error();
            co_return pop3::err(response->error().text);
        }
        step = co_await authd.respond(challenge.exchange, std::move(**response), auth_deadline(session));
    }
    if (!step) co_return refusal(session, step.error(), "");
    Answer answer = co_await enter(session, std::move(std::get<auth::Login>(*step)), command.mechanism);
    co_return answer;
}

}  // namespace posthouse::pop3d
