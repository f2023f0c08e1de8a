// AuthSession: log-ins in Dovecot's auth protocol.
#include "auth/server/auth_session.h"

#include <unistd.h>

#include <utility>

#include "lib/base/random.h"

namespace posthouse::auth {
namespace {

constexpr std::size_t max_waiting = 1000;                   // exchanges of one connection between their steps
constexpr auto response_timeout = std::chrono::minutes(5);  // for a user's client to answer a challenge

}  // namespace

AuthSession::AuthSession(net::Loop& loop, net::Stream& stream, Authenticator& authenticator, LoginTable& logins,
                         Identity identity)
    : LineConnection(loop, stream),
      authenticator_(authenticator),
      logins_(logins),
      identity_(identity),
      cookie_(random_hex(16)) {}

std::string AuthSession::greeting() const {
    const sasl::Parameters plaintext{{"plaintext", {}}};
    return sasl::encode(sasl::Greeting{{1, identity_.minor_version},
                                       {{"PLAIN", plaintext}, {"LOGIN", plaintext}},
                                       static_cast<std::uint32_t>(::getpid()),
                                       identity_.connection,
                                       cookie_});
}

Result<> AuthSession::handle(std::string_view text) {
    Result<sasl::ClientLine> line = sasl::parse_client_line(text);
    if (!line) return fail(line.error());
    if (const auto* version = std::get_if<sasl::Version>(&*line)) {
        if (version->major != 1) return fail(ErrorCode::unsupported, "Auth protocol has another major version");
    } else if (const auto* pid = std::get_if<sasl::ClientPid>(&*line)) {
        client_pid_ = pid->pid;
    } else if (auto* command = std::get_if<sasl::AuthCommand>(&*line)) {
        begin(std::move(*command));
    } else if (auto* response = std::get_if<sasl::ContinueCommand>(&*line)) {
        auto exchange = waiting_.extract(response->id);
        if (exchange.empty()) {
            refuse(response->id, sasl::FailCode::wrong_credentials, "Nothing was asked");
            return {};
        }
        Result<sasl::ServerStep> next = exchange.mapped().sasl.respond(response->response.view());
        step(std::move(exchange.mapped()), std::move(next));
    } else if (const auto* cancel = std::get_if<sasl::CancelCommand>(&*line)) {
        waiting_.erase(cancel->id);
    }
    return {};
}

void AuthSession::begin(sasl::AuthCommand command) {
    const std::optional<sasl::Mechanism> mechanism = sasl::parse_mechanism(command.mechanism);
    if (!mechanism) {
        refuse(command.id, sasl::FailCode::wrong_credentials, "Unsupported authentication mechanism");
        return;
    }
    if (waiting_.contains(command.id)) {
        refuse(command.id, sasl::FailCode::temporary, {});
        return;
    }
    Exchange exchange{std::move(command), sasl::ServerExchange(*mechanism), net::Deadline::in(response_timeout)};
    const std::optional<Secret> response = std::move(exchange.command.initial_response);
    exchange.command.initial_response.reset();
    Result<sasl::ServerStep> first = exchange.sasl.begin(response ? std::optional(response->view()) : std::nullopt);
    step(std::move(exchange), std::move(first));
}

void AuthSession::step(Exchange exchange, Result<sasl::ServerStep> step) {
    const std::uint32_t id = exchange.command.id;
    if (!step) {
        refuse(id, sasl::FailCode::wrong_credentials, step.error().text);
    } else if (auto* challenge = std::get_if<sasl::Challenge>(&*step)) {
        if (waiting_.size() >= max_waiting)
            std::erase_if(waiting_, [](const auto& entry) { return entry.second.until.passed(); });
        // Who is silent after a challenge takes a place from others who want one, not from log-ins that need none.
        if (waiting_.size() >= max_waiting) {
            refuse(id, sasl::FailCode::temporary, {});
            return;
        }
        reply(sasl::encode(sasl::ContinueReply{id, std::move(challenge->bytes)}));
        waiting_.emplace(id, std::move(exchange));
    } else if (!has_room()) {
        refuse(id, sasl::FailCode::temporary, {});
    } else {
        scope().spawn(&AuthSession::check, this, std::move(exchange.command),
                      std::move(std::get<sasl::Credentials>(*step)));
    }
}

void AuthSession::refuse(std::uint32_t id, sasl::FailCode code, std::string reason) {
    reply(sasl::encode(sasl::FailReply{id, {}, code, std::move(reason)}));
}

net::Async<> AuthSession::check(AuthSession* session, sasl::AuthCommand command, sasl::Credentials credentials) {
    Origin origin{command.service, command.remote_ip, command.session, command.no_penalty};
    std::expected<Authenticated, sasl::FailReply> user =
        co_await session->authenticator_.check(std::move(credentials), std::move(origin));
    if (!user) {
        user.error().id = command.id;
        session->reply(sasl::encode(user.error()));
        co_return;
    }
    if (!command.no_login)
        session->logins_.add({session->cookie_, session->client_pid_, command.id}, user->user, net::Clock::now());
    session->reply(sasl::encode(sasl::OkReply{command.id, std::move(user->user), std::move(user->fields)}));
}

}  // namespace posthouse::auth
