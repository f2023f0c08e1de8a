// A stand-in for authd: it knows joe, ann, bob and team @example.org with the password "secret", and is "away" for
// later@; webonly@ may not log in here, and newcomer@ needs another password.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "lib/net/listener.h"
#include "lib/net/scope.h"
#include "lib/net/stream.h"
#include "lib/sasl/auth_reply.h"
#include "lib/sasl/mechanism.h"

namespace posthouse::imapd {

inline net::Deadline soon() { return net::Deadline::in(std::chrono::seconds(20)); }

inline bool is_known(std::string_view user) {
    return user == "joe@example.org" || user == "ann@example.org" || user == "bob@example.org" ||
           user == "team@example.org";
}

/// What authd says to credentials.
inline std::string verdict(std::uint32_t id, const sasl::Credentials& who) {
    if (who.user == "later@example.org") {
        return sasl::encode(
            sasl::FailReply{.id = id, .user = who.user, .code = sasl::FailCode::temporary, .reason = {}});
    }
    if (is_known(who.user) && who.password.view() == "secret") {
        return sasl::encode(sasl::OkReply{.id = id, .user = who.user, .fields = {}});
    }
    sasl::FailReply refusal{.id = id, .user = who.user, .reason = {}};
    if (who.user == "webonly@example.org") refusal.code = sasl::FailCode::authorization;
    if (who.user == "newcomer@example.org") refusal.code = sasl::FailCode::expired;
    return sasl::encode(refusal);
}

/// One connection of imapd to authd.
inline net::Async<> answer_log_ins(net::Loop& loop, UniqueFd socket) {
    net::Stream stream(loop, std::move(socket));
    sasl::Greeting greeting;
    greeting.mechanisms = {{"PLAIN", {}}, {"LOGIN", {}}};
    greeting.cookie = "00";
    Result<> sent = co_await stream.write(sasl::encode(greeting), soon());
    std::optional<sasl::ServerExchange> exchange;
    while (sent) {
        const Result<std::string> line = co_await stream.read_line(sasl::max_auth_line, soon());
        if (!line) co_return;
        const Result<sasl::ClientLine> parsed = sasl::parse_client_line(*line);
        if (!parsed) co_return;
        std::uint32_t id = 0;
        Result<sasl::ServerStep> step = fail(ErrorCode::unsupported, "");
        if (const auto* begin = std::get_if<sasl::AuthCommand>(&*parsed)) {
            id = begin->id;
            exchange.emplace(*sasl::parse_mechanism(begin->mechanism));
            std::optional<std::string_view> response;
            if (begin->initial_response) response = begin->initial_response->view();
            step = exchange->begin(response);
        } else if (const auto* more = std::get_if<sasl::ContinueCommand>(&*parsed)) {
            id = more->id;
            step = exchange->respond(more->response.view());
        } else {
            continue;
        }
        std::string reply = sasl::encode(sasl::FailReply{.id = id, .user = {}, .reason = {}});
        if (step && std::holds_alternative<sasl::Challenge>(*step)) {
            reply = sasl::encode(sasl::ContinueReply{id, std::get<sasl::Challenge>(*step).bytes});
        } else if (step) {
            reply = verdict(id, std::get<sasl::Credentials>(*step));
        }
        sent = co_await stream.write(reply, soon());
        if (sent) sent = co_await stream.flush(soon());
    }
}

/// Accepts until the listener is cancelled.
inline net::Async<> serve_authd(net::Loop& loop, net::Scope& scope, net::Listener& listener) {
    for (;;) {
        Result<net::Accepted> accepted = co_await listener.accept();
        if (!accepted) co_return;
        scope.spawn(answer_log_ins, std::ref(loop), std::move(accepted->socket));
    }
}

}  // namespace posthouse::imapd
