// AuthSession: log-ins in Dovecot's auth protocol.
#include "auth/server/auth_session.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "lib/base/random.h"
#include "lib/sasl/offer.h"

namespace posthouse::auth {
namespace {

constexpr std::size_t max_waiting = 1000;                   // exchanges of one connection between their steps
constexpr auto response_timeout = std::chrono::minutes(5);  // for a user's client to answer a challenge

sasl::MechLine mech_line(const std::string& name) {
    sasl::MechLine line{name, {}};
    if (name.starts_with("SCRAM-"))
        line.properties.push_back({"mutual-auth", {}});
    else if (name != "EXTERNAL")
        line.properties.push_back({"plaintext", {}});
    if (name.ends_with("-PLUS")) line.properties.push_back({"channel-binding", {}});
    return line;
}

}  // namespace

AuthSession::AuthSession(net::Loop& loop, net::Stream& stream, Authenticator& authenticator, LoginTable& logins,
                         Identity identity)
    : LineConnection(loop, stream),
      authenticator_(authenticator),
      logins_(logins),
      identity_(identity),
      cookie_(random_hex(16)) {}

std::string AuthSession::greeting() const {
    sasl::Greeting greeting{
        {1, identity_.minor_version}, {}, static_cast<std::uint32_t>(::getpid()), identity_.connection, cookie_};
    // Only our own daemons tell about channel binding and certificates; others would offer to everybody what they see.
    const bool own = identity_.minor_version >= 3;
    const sasl::Circumstances circumstances{true, own, own};
    for (const std::string& name : sasl::offered_mechanisms(authenticator_.mechanisms(), circumstances))
        greeting.mechanisms.push_back(mech_line(name));
    return sasl::encode(greeting);
}

Result<> AuthSession::handle(std::string_view text) {
    Result<sasl::ClientLine> line = sasl::parse_client_line(text);
    if (!line) return fail(line.error());
    if (const auto* version = std::get_if<sasl::Version>(&*line)) {
        if (version->major != 1) return fail(ErrorCode::unsupported, "Auth protocol has another major version");
        client_minor_version_ = version->minor;
    } else if (const auto* pid = std::get_if<sasl::ClientPid>(&*line)) {
        client_pid_ = pid->pid;
    } else if (auto* command = std::get_if<sasl::AuthCommand>(&*line)) {
        begin(std::move(*command));
    } else if (auto* response = std::get_if<sasl::ContinueCommand>(&*line)) {
        const auto found = exchanges_.find(response->id);
        if (found == exchanges_.end() || !found->second.exchange) {
            refuse(response->id, sasl::FailCode::wrong_credentials, "Nothing was asked");
            return {};
        }
        respond(response->id, std::move(response->response));
    } else if (const auto* malformed = std::get_if<sasl::MalformedResponse>(&*line)) {
        exchanges_.erase(malformed->id);
        refuse(malformed->id, sasl::FailCode::wrong_credentials, "Invalid base64 data in a SASL response");
    } else if (const auto* cancel = std::get_if<sasl::CancelCommand>(&*line)) {
        // What a running step finds out is not told any more.
        exchanges_.erase(cancel->id);
    }
    return {};
}

void AuthSession::begin(sasl::AuthCommand command) {
    if (exchanges_.contains(command.id)) {
        refuse(command.id, sasl::FailCode::temporary, {});
        return;
    }
    std::optional<Secret> response = std::move(command.initial_response);
    command.initial_response.reset();
    std::unique_ptr<Exchange> exchange = make_exchange(authenticator_, authenticator_.mechanisms(), command);
    if (!exchange) {
        refuse(command.id, sasl::FailCode::wrong_credentials, "Unsupported authentication mechanism");
        return;
    }
    exchanges_.emplace(command.id,
                       Running{++last_serial_, command.no_login, std::move(exchange), net::Deadline::never()});
    respond(command.id, std::move(response));
}

void AuthSession::respond(std::uint32_t id, std::optional<Secret> response) {
    Running& running = exchanges_.at(id);
    if (!has_room()) {
        exchanges_.erase(id);
        refuse(id, sasl::FailCode::temporary, {});
        return;
    }
    scope().spawn(&AuthSession::step, this, id, running.serial, std::move(running.exchange), std::move(response));
}

net::Async<> AuthSession::step(AuthSession* session, std::uint32_t id, std::uint64_t serial,
                               std::unique_ptr<Exchange> exchange, std::optional<Secret> response) {
    ExchangeStep next = co_await exchange->respond(std::move(response));
    const auto found = session->exchanges_.find(id);
    if (found == session->exchanges_.end() || found->second.serial != serial) co_return;  // cancelled
    if (auto* verdict = std::get_if<Verdict>(&next)) {
        const bool no_login = found->second.no_login;
        session->exchanges_.erase(found);
        session->finish(id, no_login, std::move(*verdict));
        co_return;
    }
    // Who is silent after a challenge takes a place from others who want one, not from log-ins that need none.
    if (!session->may_wait()) {
        session->exchanges_.erase(id);
        session->refuse(id, sasl::FailCode::temporary, {});
        co_return;
    }
    found->second.exchange = std::move(exchange);
    found->second.until = net::Deadline::in(response_timeout);
    session->reply(sasl::encode(sasl::ContinueReply{id, std::move(std::get<sasl::Challenge>(next).bytes)}));
}

bool AuthSession::may_wait() {
    if (exchanges_.size() <= max_waiting) return true;
    std::erase_if(exchanges_, [](const auto& entry) { return entry.second.exchange && entry.second.until.passed(); });
    const auto waiting =
        std::ranges::count_if(exchanges_, [](const auto& entry) { return entry.second.exchange != nullptr; });
    return static_cast<std::size_t>(waiting) < max_waiting;
}

void AuthSession::finish(std::uint32_t id, bool no_login, Verdict verdict) {
    if (!verdict) {
        if (verdict.error().code == sasl::FailCode::temporary && client_minor_version_ == 0 && exchanges_.empty()) {
            end();
            return;
        }
        verdict.error().id = id;
        reply(sasl::encode(verdict.error()));
        return;
    }
    if (!no_login) logins_.add({cookie_, client_pid_, id}, verdict->user, net::Clock::now());
    reply(sasl::encode(sasl::OkReply{id, std::move(verdict->user), std::move(verdict->fields)}));
}

void AuthSession::refuse(std::uint32_t id, sasl::FailCode code, std::string reason) {
    reply(sasl::encode(sasl::FailReply{id, {}, code, std::move(reason)}));
}

}  // namespace posthouse::auth
