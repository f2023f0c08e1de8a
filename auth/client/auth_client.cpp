// AuthClient: log-ins through authd.
#include "auth/client/auth_client.h"

#include <unistd.h>

#include <utility>

#include "auth/client/pending.h"

namespace posthouse::auth {
namespace {

std::string auth_line(std::uint32_t id, LoginContext& context, std::string& mechanism,
                      std::optional<Secret>& response) {
    sasl::AuthCommand command;
    command.id = id;
    command.mechanism = std::move(mechanism);
    command.service = std::move(context.service);
    command.remote_ip = context.remote.ip();
    command.local_ip = context.local.ip();
    if (context.remote.is_ip()) command.remote_port = context.remote.port();
    if (context.local.is_ip()) command.local_port = context.local.port();
    command.session = std::move(context.session);
    command.secured = context.secured;
    command.certificate_user = std::move(context.certificate_user);
    command.no_login = true;
    command.no_penalty = context.no_penalty;
    if (context.binding)
        command.channel_bindings.push_back({std::move(context.binding->type), std::move(context.binding->data)});
    command.initial_response = std::move(response);
    return sasl::encode(command);
}

Error error_of(const sasl::FailReply& reply) {
    const auto text = [&](std::string_view otherwise) {
        return reply.reason.empty() ? std::string(otherwise) : reply.reason;
    };
    switch (reply.code) {
        case sasl::FailCode::temporary:
            return {ErrorCode::unavailable, text("Temporary authentication failure"), "authd said so"};
        case sasl::FailCode::authorization: return {ErrorCode::unauthorized, text("Not authorized"), {}};
        case sasl::FailCode::disabled: return {ErrorCode::denied, text("Account is disabled"), {}};
        case sasl::FailCode::expired: return {ErrorCode::expired, text("Password has expired"), {}};
        case sasl::FailCode::wrong_credentials: break;
    }
    return {ErrorCode::denied, text("Authentication failed"), {}};
}

}  // namespace

sasl::Circumstances circumstances_of(const net::Stream& stream, bool allow_plain_login) {
    return {stream.tls() || allow_plain_login, stream.tls_binding().has_value(), !stream.tls_client_name().empty()};
}

struct AuthClient::Pending : PendingReply<LoginStep> {
    using PendingReply::PendingReply;
};

AuthClient::AuthClient(net::Loop& loop, std::string path) : Link(loop, std::move(path)) {}
AuthClient::~AuthClient() = default;

net::Async<Result<Login>> AuthClient::log_in(LoginContext context, std::string user, Secret password,
                                             net::Deadline deadline) {
    sasl::ClientExchange plain(sasl::Mechanism::plain, {{}, std::move(user), std::move(password)});
    std::optional<Secret> response = plain.initial_response();
    Result<LoginStep> step = co_await begin(std::move(context), "PLAIN", std::move(response), deadline);
    if (!step) co_return fail(step.error());
    if (Login* login = std::get_if<Login>(&*step)) co_return std::move(*login);
    cancel(std::get<LoginChallenge>(*step).exchange);
    co_return fail(ErrorCode::unavailable, "Authentication is unavailable", "authd asks for more than PLAIN has");
}

net::Async<Result<LoginStep>> AuthClient::begin(LoginContext context, std::string mechanism,
                                                std::optional<Secret> initial_response, net::Deadline deadline) {
    const std::uint32_t id = next_id_++;
    std::string line = auth_line(id, context, mechanism, initial_response);
    if (line.size() > sasl::max_auth_line) {
        wipe(line);
        co_return fail(ErrorCode::invalid, "Authentication data too long");
    }
    Result<LoginStep> step = co_await ask(id, std::move(line), deadline);
    co_return step;
}

net::Async<Result<LoginStep>> AuthClient::respond(std::uint32_t exchange, Secret response, net::Deadline deadline) {
    // The server that asked is gone: it would not know this exchange.
    if (!connected())
        co_return fail(ErrorCode::unavailable, "Authentication is unavailable", "connection to authd was lost");
    std::string line = sasl::encode(sasl::ContinueCommand{exchange, std::move(response)});
    if (line.size() > sasl::max_auth_line) {
        wipe(line);
        cancel(exchange);
        co_return fail(ErrorCode::invalid, "Authentication data too long");
    }
    Result<LoginStep> step = co_await ask(exchange, std::move(line), deadline);
    co_return step;
}

void AuthClient::cancel(std::uint32_t exchange) {
    // A connection that breaks now cancels everything.
    if (connected()) (void)send(sasl::encode(sasl::CancelCommand{exchange}));
}

net::Async<Result<LoginStep>> AuthClient::ask(std::uint32_t id, std::string line, net::Deadline deadline) {
    Pending pending(loop());
    pending_[id] = &pending;
    if (const Result<> sent = send(std::move(line)); !sent) {
        pending_.erase(id);
        co_return fail(sent.error());
    }
    Result<LoginStep> step = co_await pending.wait(deadline);
    if (!pending.finished()) {
        pending_.erase(id);
        cancel(id);
    }
    co_return step;
}

std::string AuthClient::greeting() {
    return sasl::encode(sasl::Version{1, 2}) + sasl::encode(sasl::ClientPid{static_cast<std::uint32_t>(::getpid())});
}

net::Async<Result<>> AuthClient::receive(net::Stream& stream, net::Deadline deadline) {
    Result<std::string> text = co_await stream.read_line(sasl::max_auth_line, deadline);
    if (!text) co_return fail(text.error());
    Result<sasl::ServerLine> line = sasl::parse_server_line(*text);
    if (!line) co_return fail(line.error());
    if (const auto* version = std::get_if<sasl::Version>(&*line); version != nullptr && version->major != 1)
        co_return fail(ErrorCode::unsupported, "Auth protocol has another major version");
    if (auto* ok = std::get_if<sasl::OkReply>(&*line)) {
        answer(ok->id, LoginStep(Login{std::move(ok->user), std::move(ok->fields)}));
    } else if (auto* again = std::get_if<sasl::ContinueReply>(&*line)) {
        answer(again->id, LoginStep(LoginChallenge{again->id, std::move(again->challenge)}));
    } else if (const auto* failed = std::get_if<sasl::FailReply>(&*line)) {
        answer(failed->id, fail(error_of(*failed)));
    }
    co_return Result<>{};
}

void AuthClient::lost(const Error& error) {
    for (const auto& [id, pending] : std::exchange(pending_, {})) pending->finish(fail(error));
}

void AuthClient::answer(std::uint32_t id, Result<LoginStep> step) {
    const auto found = pending_.find(id);
    if (found == pending_.end()) return;
    found->second->finish(std::move(step));
    pending_.erase(found);
}

}  // namespace posthouse::auth
