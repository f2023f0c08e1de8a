// LOGIN (RFC 3501 §6.2.3), AUTHENTICATE (RFC 3501 §6.2.2, RFC 4959), and UNAUTHENTICATE (RFC 8437).
#include <algorithm>
#include <string>
#include <utility>
#include <variant>

#include "imapd/capabilities.h"
#include "imapd/commands/commands.h"
#include "imapd/session.h"
#include "lib/base/base64.h"
#include "lib/imap/strings.h"

namespace posthouse::imapd {
namespace {

/// The longest response: base64 of 12 KiB, what authd takes.
constexpr std::size_t kMaxResponse = 16 << 10;

void count(const Session& session, std::string_view result) {
    session.services()
        .metrics.counter("posthouse_imap_logins_total", "IMAP log-ins", {{"result", std::string(result)}})
        .add();
}

net::Deadline auth_deadline(const Session& session) { return net::Deadline::in(session.config().auth.request_timeout); }

/// RFC 5530 §3: who is refused hears AUTHENTICATIONFAILED, whatever the reason, and only who knows the password more; a
/// part that is away is no refusal. Deviates from its AUTHORIZATIONFAILED: because no other code says that this user
/// may not use this service, that is told without another identity too.
Reply refusal(const Session& session, const Error& error, std::string_view user) {
    session.log().info("log-in failed", {{"user", user}, {"error", error.message()}});
    switch (error.code) {
        case ErrorCode::denied:
        case ErrorCode::not_found:
            count(session, "denied");
            return no("[AUTHENTICATIONFAILED] " +
                      (error.text.empty() ? "Authentication failed" : imap::reply_text(error.text)));
        case ErrorCode::unauthorized:
        case ErrorCode::expired: count(session, "denied"); return no(error);
        case ErrorCode::invalid:
        case ErrorCode::limit: count(session, "invalid"); return bad(imap::reply_text(error.text));
        case ErrorCode::unsupported: count(session, "invalid"); return no(imap::reply_text(error.text));
        default: break;
    }
    count(session, "unavailable");
    return no("[UNAVAILABLE] Authentication is not available now, try again later");
}

/// The user is known: opens the account and enters the authenticated state.
net::Async<Reply> enter(Session& session, auth::Login who, std::string_view method) {
    std::string user = std::move(who.user);
    const Result<storage::AccountName> name = storage::AccountName::parse(user);
    if (!name) {
        session.log().error("user has no mailbox here", {{"user", user}, {"error", name.error().message()}});
        co_return no("[AUTHORIZATIONFAILED] This user has no mailbox");
    }
    const auto most = static_cast<std::size_t>(session.config().imapd.connections_per_user);
    std::optional<UserConnections::Place> place = session.services().connections.take(user, most);
    if (!place) {
        session.log().warning("user has too many connections", {{"user", user}, {"limit", most}});
        count(session, "limit");
        co_return no("[LIMIT] Too many connections of this user: close one of them first");
    }
    storage::Store& store = session.services().store;
    Result<std::shared_ptr<storage::Account>> account =
        co_await session.services().disk.run_for(user, [&] { return store.open(*name); });
    if (!account) {
        session.log().error("cannot open account", {{"user", user}, {"error", account.error().message()}});
        count(session, "unavailable");
        co_return no("[UNAVAILABLE] Mailbox is not available now, try again later");
    }
    count(session, "ok");
    const auth::LoginContext context = session.login_context();
    session.log().info("logged in", {{"user", user},
                                     {"method", method},
                                     {"peer", context.remote.to_string()},
                                     {"tls", context.secured ? "yes" : "no"}});
    session.logged_in(std::move(*place), std::move(user), std::move(*account),
                      session.services().quota.of(*name, who.fields));
    co_return ok("[CAPABILITY " + capabilities(session) + "] Logged in");
}

/// Sends a challenge and reads the response; nothing: the exchange ends with `reply` (or the session has ended).
net::Async<std::optional<Secret>> ask(Session& session, const auth::LoginChallenge& challenge, Reply& reply) {
    const std::string line = "+ " + base64::encode(challenge.bytes) + "\r\n";
    co_await session.send(line);
    if (session.ended()) co_return std::nullopt;
    std::optional<Result<std::string>> answer = co_await session.read_line(kMaxResponse);
    if (!answer) co_return std::nullopt;
    if (!*answer) {
        reply = bad("Authentication response too long");
        co_return std::nullopt;
    }
    if (**answer == "*") {
        session.log().info("log-in given up", {{"peer", session.login_context().remote.to_string()}});
        reply = bad("Authentication cancelled");
        co_return std::nullopt;
    }
    std::optional<std::string> bytes = base64::decode(**answer);
    wipe(**answer);
    if (!bytes) {
        reply = bad("Invalid base64 in the authentication response");
        co_return std::nullopt;
    }
    co_return std::optional<Secret>(std::in_place, std::move(*bytes));
}

}  // namespace

net::Async<Reply> login(Session& session, imap::Login command) {
    if (!session.may_use_login()) co_return no("[CANNOT] LOGIN is not offered");
    auth::AuthClient& auth = session.services().auth;
    const std::string user = command.user;
    Result<auth::Login> done = co_await auth.log_in(session.login_context(), std::move(command.user),
                                                    std::move(command.password), auth_deadline(session));
    if (!done) co_return refusal(session, done.error(), user);
    co_return co_await enter(session, std::move(*done), "LOGIN");
}

net::Async<Reply> authenticate(Session& session, imap::Authenticate command) {
    const std::vector<std::string> offered = session.mechanisms();
    if (std::ranges::find(offered, command.mechanism) == offered.end()) {
        co_return no("[CANNOT] Unsupported authentication mechanism");
    }
    auth::AuthClient& auth = session.services().auth;
    Result<auth::LoginStep> step = co_await auth.begin(session.login_context(), command.mechanism,
                                                       std::move(command.initial_response), auth_deadline(session));
    while (step && std::holds_alternative<auth::LoginChallenge>(*step)) {
        const auth::LoginChallenge challenge = std::get<auth::LoginChallenge>(std::move(*step));
        Reply reply;
        std::optional<Secret> response = co_await ask(session, challenge, reply);
        if (!response) {
            auth.cancel(challenge.exchange);
            co_return reply;
        }
        step = co_await auth.respond(challenge.exchange, std::move(*response), auth_deadline(session));
    }
    if (!step) co_return refusal(session, step.error(), "");
    co_return co_await enter(session, std::move(std::get<auth::Login>(*step)), command.mechanism);
}

/// Never NO, for the client may have sent its next log-in already.
net::Async<Reply> unauthenticate(Session& session, imap::NoArguments /*command*/) {
    session.forget_user();
    co_return ok("[CAPABILITY " + capabilities(session) + "] Logged out", Reply::Then::stop_compression);
}

}  // namespace posthouse::imapd
