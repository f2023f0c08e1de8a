// An LMTP conversation in one process: a session over a socket pair, a store in a temporary folder, and a userdb that
// knows joe@example.org and ann@example.org, and that is away for later@example.org.
#pragma once

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "lib/base/file.h"
#include "lib/net/listener.h"
#include "lib/net/scope.h"
#include "lib/sasl/master.h"
#include "lmtpd/quota_check.h"
#include "lmtpd/session.h"
#include "tests/unit/daemon/fake_daemon.h"

namespace posthouse::lmtpd {

inline net::Deadline soon() { return net::Deadline::in(std::chrono::seconds(20)); }

/// The quota of all users, as authd tells it.
inline std::string user_rule = "*:storage=0";

/// One connection of a client to the stand-in for authd's userdb.
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
        if (request->user == "joe@example.org" || request->user == "ann@example.org")
            reply = sasl::encode(
                sasl::UserReply{request->id, request->user, {{"home", "/mail"}, {"quota_rule", user_rule}}});
        if (request->user == "later@example.org") reply = sasl::encode(sasl::MasterFailReply{request->id, "away"});
        sent = co_await stream.write(reply, soon());
        if (sent) sent = co_await stream.flush(soon());
    }
}

class ConversationTest : public testing::Test {
  protected:
    ConversationTest() : folder_(testing::TempDir() + "posthouse-lmtpd-XXXXXX") {
        if (::mkdtemp(folder_.data()) == nullptr) std::abort();
        store_.emplace(
            storage::Settings{.mail_root = folder_ + "/mail", .index_root = {}, .layout = {}, .host_name = "test"});
        config.general.hostname = "mx.example.org";
    }
    ~ConversationTest() override {
        user_rule = "*:storage=0";
        std::filesystem::remove_all(folder_);
    }

    /// Sends the whole script at once, then closes its side; gives everything that came back after the greeting.
    std::string converse(const std::string& script) { return loop_.run_until_complete(run(*this, script, false)); }
    /// The same on the socket for quota questions.
    std::string ask_quota(const std::string& script) { return loop_.run_until_complete(run(*this, script, true)); }

    /// The files that were delivered to a user of example.org.
    std::vector<std::string> delivered_files(const std::string& user) const {
        std::vector<std::string> files;
        const std::string folder = folder_ + "/mail/example.org/" + user + "/new";
        if (!std::filesystem::exists(folder)) return files;
        for (const auto& entry : std::filesystem::directory_iterator(folder)) files.push_back(entry.path());
        std::ranges::sort(files);
        return files;
    }
    /// Their contents, as they lie on disk (LF).
    std::vector<std::string> delivered(const std::string& user) const {
        std::vector<std::string> contents;
        for (const std::string& file : delivered_files(user)) contents.push_back(read_file(file).value());
        return contents;
    }

    /// From the so-many-and-first time on that a session asks for it, the configuration is another one.
    void reload_after(int times, std::function<void(config::Config&)> change) {
        asked_ = 0;
        changes_after_ = times;
        change_ = std::move(change);
    }

    config::Config config;

  private:
    config::Snapshot config_now() {
        config::Config now = config;
        if (change_ && ++asked_ > changes_after_) change_(now);
        return std::make_shared<const config::Config>(std::move(now));
    }

    std::string userdb_path() const { return folder_ + "/userdb"; }

    static net::Async<> accept_all(net::Loop& loop, net::Scope& scope, net::Listener& listener) {
        for (;;) {
            Result<net::Accepted> accepted = co_await listener.accept();
            if (!accepted) co_return;
            scope.spawn(answer_look_ups, std::ref(loop), std::move(accepted->socket));
        }
    }

    static net::Async<> serve(Session& session, daemon::Connection& connection) {
        co_await session.run();
        co_await connection.stream.close(soon());
    }

    static net::Async<> serve_questions(Session& session, daemon::Connection& connection) {
        const Services& services = session.services();
        const Result<> done = co_await serve_quota_questions(connection.stream, services.quota, services.disk,
                                                             services.users, services.config);
        EXPECT_TRUE(done) << done.error().message();
        co_await connection.stream.close(soon());
    }

    static net::Async<std::string> run(ConversationTest& test, std::string script, bool about_quota) {
        net::Loop& loop = test.loop_;
        net::Scope scope(loop);
        Result<UniqueFd> listening = net::listen_unix(test.userdb_path());
        net::Listener listener(loop, std::move(*listening));
        scope.spawn(accept_all, std::ref(loop), std::ref(scope), std::ref(listener));
        auth::UserdbClient users(loop, test.userdb_path());
        net::Pool disk(loop, 1);
        const auto snapshot = std::make_shared<const config::Config>(test.config);
        quota::Service quota(loop, *test.store_, disk, snapshot);
        metrics::Registry metrics({});
        Counters counters(metrics, 10);
        config::Config told = test.config;
        told.general.state_folder = test.folder_;
        daemon::FakeDaemon daemon(loop, "lmtpd", told);
        story::Writer story(daemon);

        int fds[2];
        if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0) std::abort();
        net::Stream client(loop, UniqueFd(fds[0]));
        daemon::Connection connection{.stream = net::Stream(loop, UniqueFd(fds[1])),
                                      .peer = {},
                                      .local = {},
                                      .listener = "lmtp",
                                      .log = log::SessionLog("test")};
        Session session({.store = *test.store_,
                         .disk = disk,
                         .quota = quota,
                         .users = users,
                         .counters = counters,
                         .story = story,
                         .config = [&test] { return test.config_now(); }},
                        connection);
        if (about_quota)
            scope.spawn(serve_questions, std::ref(session), std::ref(connection));
        else
            scope.spawn(serve, std::ref(session), std::ref(connection));
        scope.spawn(send, std::ref(client), std::move(script));

        std::string transcript;
        for (;;) {
            const Result<std::string_view> bytes = co_await client.peek(soon());
            if (!bytes) break;
            transcript += *bytes;
            client.consume(bytes->size());
        }
        co_await users.close();
        co_await story.stop();
        listener.cancel();
        co_await scope.join();
        co_return about_quota ? transcript : transcript.substr(transcript.find('\n') + 1);
    }

    static net::Async<> send(net::Stream& client, std::string script) {
        Result<> sent = co_await client.write(script, soon());
        if (sent) sent = co_await client.flush(soon());
        ::shutdown(client.fd(), SHUT_WR);
    }

    std::string folder_;
    int asked_ = 0;
    int changes_after_ = 0;
    std::function<void(config::Config&)> change_;
    net::Loop loop_;
    std::optional<storage::Store> store_;
};

}  // namespace posthouse::lmtpd
