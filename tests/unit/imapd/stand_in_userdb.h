// A stand-in for authd's userdb: it knows joe, ann, bob and team @example.org; team's mailboxes may hold 100 bytes.
#pragma once

#include <string>
#include <utility>
#include <variant>

#include "lib/net/listener.h"
#include "lib/net/scope.h"
#include "lib/net/stream.h"
#include "lib/sasl/master.h"
#include "tests/unit/imapd/stand_in_authd.h"

namespace posthouse::imapd {

/// One connection of imapd.
inline net::Async<> answer_look_ups(net::Loop& loop, UniqueFd socket) {
    net::Stream stream(loop, std::move(socket));
    Result<> sent =
        co_await stream.write(sasl::encode(sasl::master_version) + sasl::encode(sasl::ServerPid{1}), soon());
    while (sent) {
        const Result<std::string> line = co_await stream.read_line(sasl::max_auth_line, soon());
        if (!line) co_return;
        const Result<sasl::MasterLine> parsed = sasl::parse_master_line(*line);
        const auto* request = parsed ? std::get_if<sasl::UserRequest>(&*parsed) : nullptr;
        if (request == nullptr) continue;
        std::string reply = sasl::encode(sasl::NotFoundReply{request->id});
        if (is_known(request->user)) {
            sasl::Parameters fields{{"home", "/mail"}};
            if (request->user == "team@example.org") fields.push_back({"quota_rule", "*:bytes=100"});
            reply = sasl::encode(sasl::UserReply{request->id, request->user, std::move(fields)});
        }
        sent = co_await stream.write(reply, soon());
        if (sent) sent = co_await stream.flush(soon());
    }
}

/// Accepts until the listener is cancelled.
inline net::Async<> serve_userdb(net::Loop& loop, net::Scope& scope, net::Listener& listener) {
    for (;;) {
        Result<net::Accepted> accepted = co_await listener.accept();
        if (!accepted) co_return;
        scope.spawn(answer_look_ups, std::ref(loop), std::move(accepted->socket));
    }
}

}  // namespace posthouse::imapd
