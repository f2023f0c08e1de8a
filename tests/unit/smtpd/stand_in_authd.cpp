// StandInAuthd: socketmap and log-ins over a handful of addresses.
#include "tests/unit/smtpd/stand_in_authd.h"

#include <map>

#include "auth/client/resolution.h"
#include "lib/sasl/auth_reply.h"
#include "lib/sasl/mechanism.h"

namespace posthouse::smtpd {
namespace {

using sasl::SocketmapReply;
using enum auth::Recipient::Transport;

SocketmapReply resolved(std::vector<auth::Recipient> recipients) {
    return {SocketmapReply::Status::ok, auth::encode(auth::Resolution{std::move(recipients)})};
}

const SocketmapReply none{SocketmapReply::Status::not_found, ""};

SocketmapReply found(std::string text) { return {SocketmapReply::Status::ok, std::move(text)}; }

/// As whom somebody may send.
SocketmapReply senders(std::string_view key) {
    if (key == "info@local.example") return found("bob@local.example, alice@local.example");
    if (key == "alice@local.example" || key == "bob@local.example") return found(std::string(key));
    if (key == "broken@local.example") return {SocketmapReply::Status::temporary, "no database"};
    return none;
}

/// Who may post to a list: "list TAB user TAB sender".
SocketmapReply poster(std::string_view key) {
    key.remove_prefix(key.find('\t') + 1);
    if (key.starts_with("alice@local.example\t") || key == "\ts@client.example") return found("ok");
    return {SocketmapReply::Status::permanent, "only members may post"};
}

SocketmapReply look_up(const sasl::SocketmapRequest& request) {
    const std::string_view key = request.key;
    if (request.map == "domain") return key == "local.example" ? found("local.example") : none;
    if (request.map == "sender") return senders(key);
    if (request.map == "transport") return key == "routed.example" ? found("smtp:[relay.example]:2525") : none;
    if (request.map == "poster") return poster(key);
    if (request.map != "resolve") return none;
    if (key == "nobody@branch.example") return none;
    if (key.ends_with("@branch.example")) return resolved({{relay, request.key, "", "smtp:[192.0.2.5]"}});
    if (key.ends_with("@routed.example")) return resolved({{remote, request.key, "", "smtp:[relay.example]:2525"}});
    if (!key.ends_with("@local.example")) return resolved({{remote, request.key, ""}});
    const std::string_view name = key.substr(0, key.find('@'));
    if (name == "carol") return resolved({{.transport = local, .address = request.key, .detail = "", .quota = true}});
    if (name == "alice" || name == "bob") return resolved({{local, request.key, ""}});
    if (name == "postmaster") return resolved({{local, "alice@local.example", ""}});
    if (name == "mix" || name == "gone-club") {
        const std::string owner = name == "mix" ? "" : "alice@local.example";
        auth::Resolution resolution{{{local, "bob@local.example", "", "", owner}}};
        if (name == "gone-club") resolution.open_lists = {request.key};
        resolution.dead_ends = {{"gone@local.example", owner}};
        return found(auth::encode(resolution));
    }
    if (name == "abuse") {
        auth::Resolution resolution{{{local, "alice@local.example", ""}}};
        resolution.role = true;
        return found(auth::encode(resolution));
    }
    if (name == "team") return resolved({{local, "alice@local.example", ""}, {local, "bob@local.example", ""}});
    if (name == "club" || name == "crew") {
        const std::string owner = std::string(name) + "-owner@local.example";
        std::vector<auth::Recipient> members{{local, "bob@local.example", "", "", owner}};
        if (name == "club") members.push_back({remote, "x@elsewhere.example", "", "", owner});
        return found(auth::encode(auth::Resolution{std::move(members), {request.key}}));
    }
    if (name == "club-owner" || name == "crew-owner") return resolved({{local, "alice@local.example", ""}});
    if (name == "closed")
        return found(auth::encode(auth::Resolution{{{local, "bob@local.example", ""}}, {request.key}}));
    if (name == "solo" || name == "forum") {
        std::vector<auth::Recipient> members{{local, "alice@local.example", ""}};
        if (name == "forum") members.push_back({local, "bob@local.example", ""});
        return found(auth::encode(auth::Resolution{std::move(members), {}, {request.key}}));
    }
    if (name == "ext") return resolved({{remote, "x@elsewhere.example", ""}});
    if (name == "both") return resolved({{local, "bob@local.example", ""}, {remote, "x@elsewhere.example", ""}});
    if (name.starts_with("alice+")) return resolved({{local, request.key, ""}});
    if (name == "sales") return resolved({{local, "alice@local.example", ""}});
    if (name == "moved") return resolved({{local, request.key, "", "smtp:[b.local.example]"}});
    if (name == "loop") return {SocketmapReply::Status::permanent, "alias loop"};
    if (name == "broken") return {SocketmapReply::Status::temporary, "no database"};
    if (name.starts_with("many")) {
        std::vector<auth::Recipient> recipients;
        for (int i = 0; i < 90; ++i) recipients.push_back({local, std::to_string(i) + request.key, ""});
        return resolved(std::move(recipients));
    }
    return {SocketmapReply::Status::not_found, ""};
}

std::string answer(std::uint32_t id, const Result<sasl::ServerStep>& step) {
    if (!step) return sasl::encode(sasl::FailReply{.id = id, .user = "", .code = {}, .reason = ""});
    if (const auto* challenge = std::get_if<sasl::Challenge>(&*step)) {
        return sasl::encode(sasl::ContinueReply{.id = id, .challenge = challenge->bytes});
    }
    const auto& credentials = std::get<sasl::Credentials>(*step);
    sasl::FailReply failure{.id = id, .user = credentials.user, .code = {}, .reason = ""};
    if (credentials.user == "broken@local.example") failure.code = sasl::FailCode::temporary;
    if (credentials.user == "carol@local.example") failure.code = sasl::FailCode::authorization;
    if (credentials.user == "bob@local.example") failure.code = sasl::FailCode::expired;
    if (credentials.user != "alice@local.example" || credentials.password.view() != "secret") {
        return sasl::encode(failure);
    }
    return sasl::encode(sasl::OkReply{.id = id, .user = credentials.user, .fields = {}});
}

}  // namespace

sasl::SocketmapReply StandInSocketmap::sending_limit(const std::string& key) const {
    const auto limit = sending_limits.find(key);
    if (limit == sending_limits.end()) return none;
    if (limit->second == "broken") return {SocketmapReply::Status::temporary, "no database"};
    return found(limit->second);
}

net::Async<> StandInSocketmap::serve(net::Stream& stream) {
    sasl::NetstringReader reader;
    for (;;) {
        Result<std::string_view> bytes = co_await stream.peek(soon());
        if (!bytes) co_return;
        reader.feed(*bytes);
        stream.consume(bytes->size());
        for (auto payload = reader.next(); payload && *payload; payload = reader.next()) {
            const auto request = sasl::parse_socketmap_request(**payload);
            if (!request) co_return;
            const SocketmapReply reply =
                request->map == "sending_limit" ? sending_limit(request->key) : look_up(*request);
            Result<> sent = co_await stream.write(sasl::encode(reply), soon());
            if (!sent) co_return;
        }
    }
}

net::Async<> StandInLogin::serve(net::Stream& stream) {
    sasl::Greeting greeting;
    greeting.mechanisms = {{"PLAIN", {{"plaintext", ""}}}, {"LOGIN", {{"plaintext", ""}}}};
    greeting.server_pid = 1;
    greeting.connection_uid = 1;
    greeting.cookie = "0123456789abcdef0123456789abcdef";
    Result<> sent = co_await stream.write(sasl::encode(greeting), soon());
    std::map<std::uint32_t, sasl::ServerExchange> exchanges;
    while (sent) {
        Result<std::string> line = co_await stream.read_line(sasl::max_auth_line, soon());
        if (!line) co_return;
        auto parsed = sasl::parse_client_line(*line);
        if (!parsed) co_return;
        if (const auto* begin = std::get_if<sasl::AuthCommand>(&*parsed)) {
            last_service = begin->service;
            last_secured = begin->secured;
            const auto mechanism = sasl::parse_mechanism(begin->mechanism).value_or(sasl::Mechanism::plain);
            auto& exchange = exchanges.insert_or_assign(begin->id, sasl::ServerExchange(mechanism)).first->second;
            std::optional<std::string_view> initial;
            if (begin->initial_response) initial = begin->initial_response->view();
            sent = co_await stream.write(answer(begin->id, exchange.begin(initial)), soon());
        } else if (const auto* more = std::get_if<sasl::ContinueCommand>(&*parsed)) {
            auto& exchange = exchanges.at(more->id);
            sent = co_await stream.write(answer(more->id, exchange.respond(more->response.view())), soon());
        }
    }
}

}  // namespace posthouse::smtpd
