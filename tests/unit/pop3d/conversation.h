// A POP3 conversation in one process: a session over a socket pair, a store in a temporary folder, and an authd that
// knows joe@example.org with the password "secret".
#pragma once

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "lib/base/ascii.h"
#include "lib/net/listener.h"
#include "lib/net/scope.h"
#include "lib/sasl/auth_reply.h"
#include "lib/sasl/mechanism.h"
#include "pop3d/session.h"
#include "storage/delivery.h"

namespace posthouse::pop3d {

inline net::Deadline soon() { return net::Deadline::in(std::chrono::seconds(20)); }

/// One connection of a client to the stand-in for authd: PLAIN and LOGIN.
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
            const auto& who = std::get<sasl::Credentials>(*step);
            if (who.user == "later@example.org")
                reply = sasl::encode(
                    sasl::FailReply{.id = id, .user = who.user, .code = sasl::FailCode::temporary, .reason = {}});
            if (ascii::iequals(who.user, "joe@example.org") && who.password.view() == "secret")
                reply = sasl::encode(sasl::OkReply{.id = id, .user = "joe@example.org", .fields = {}});
            if (who.user == "webonly@example.org")
                reply = sasl::encode(sasl::FailReply{
                    .id = id, .user = who.user, .code = sasl::FailCode::authorization, .reason = "Not by POP3"});
            if (who.user == "newcomer@example.org")
                reply = sasl::encode(
                    sasl::FailReply{.id = id, .user = who.user, .code = sasl::FailCode::expired, .reason = {}});
        }
        sent = co_await stream.write(reply, soon());
        if (sent) sent = co_await stream.flush(soon());
    }
}

class ConversationTest : public testing::Test {
  protected:
    ConversationTest() : folder_(testing::TempDir() + "posthouse-pop3d-XXXXXX") {
        if (::mkdtemp(folder_.data()) == nullptr) std::abort();
        store_.emplace(
            storage::Settings{.mail_root = folder_ + "/mail", .index_root = {}, .layout = {}, .host_name = "test"});
        config.general.hostname = "mx.example.org";
        config.tls.allow_plain_login = true;
    }
    ~ConversationTest() override { std::filesystem::remove_all(folder_); }

    /// Puts a message (CRLF) into joe's INBOX.
    void deliver(std::string_view content) {
        storage::DeliveryOrder order;
        order.targets.push_back(
            {.account = *storage::AccountName::parse("joe@example.org"), .mailbox = {}, .header = {}});
        Result<storage::Delivery> delivery = storage::Delivery::begin(*store_, std::move(order));
        ASSERT_TRUE(delivery) << delivery.error().message();
        ASSERT_TRUE(delivery->write(content));
        const auto results = delivery->commit();
        ASSERT_TRUE(results.at(0)) << results.at(0).error().message();
    }

    /// Where joe's mail lies.
    std::string mail_path() const { return folder_ + "/mail/example.org/joe"; }

    /// Sends the whole script at once, then closes its side; gives everything that came back after the greeting.
    std::string converse(const std::string& script) { return loop_.run_until_complete(run(*this, script)); }

    config::Config config;
    std::string auth_path() const { return folder_ + "/login"; }

  private:
    static net::Async<> accept_all(net::Loop& loop, net::Scope& scope, net::Listener& listener) {
        for (;;) {
            Result<net::Accepted> accepted = co_await listener.accept();
            if (!accepted) co_return;
            scope.spawn(answer_log_ins, std::ref(loop), std::move(accepted->socket));
        }
    }

    static net::Async<> serve(Session& session, daemon::Connection& connection) {
        co_await session.run();
        co_await connection.stream.close(soon());
    }

    static net::Async<std::string> run(ConversationTest& test, std::string script) {
        net::Loop& loop = test.loop_;
        net::Scope scope(loop);
        Result<UniqueFd> listening = net::listen_unix(test.auth_path());
        net::Listener listener(loop, std::move(*listening));
        scope.spawn(accept_all, std::ref(loop), std::ref(scope), std::ref(listener));
        auth::AuthClient auth(loop, test.auth_path());
        net::Pool disk(loop, 1);
        const auto snapshot = std::make_shared<const config::Config>(test.config);
        quota::Service quota(loop, *test.store_, disk, snapshot);
        metrics::Registry metrics({});

        int fds[2];
        if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0) std::abort();
        net::Stream client(loop, UniqueFd(fds[0]));
        daemon::Connection connection{.stream = net::Stream(loop, UniqueFd(fds[1])),
                                      .peer = *net::Address::from_ip("192.0.2.1", 40000),
                                      .local = *net::Address::from_ip("192.0.2.2", 110),
                                      .listener = "pop3",
                                      .log = log::SessionLog("test")};
        Session session({.store = *test.store_, .disk = disk, .quota = quota, .auth = auth, .metrics = metrics},
                        connection, snapshot, nullptr);
        scope.spawn(serve, std::ref(session), std::ref(connection));
        scope.spawn(send, std::ref(client), std::move(script));

        std::string transcript;
        for (;;) {
            const Result<std::string_view> bytes = co_await client.peek(soon());
            if (!bytes) break;
            transcript += *bytes;
            client.consume(bytes->size());
        }
        co_await auth.close();
        listener.cancel();
        co_await scope.join();
        co_return transcript.substr(transcript.find('\n') + 1);
    }

    static net::Async<> send(net::Stream& client, std::string script) {
        Result<> sent = co_await client.write(script, soon());
        if (sent) sent = co_await client.flush(soon());
        ::shutdown(client.fd(), SHUT_WR);
    }

    std::string folder_;
    net::Loop loop_;
    std::optional<storage::Store> store_;
};

}  // namespace posthouse::pop3d
