// An imapd in a thread of its own, and clients.
#include "tests/unit/imapd/imap_server.h"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cstdlib>
#include <filesystem>

#include "imapd/search/kept_orders.h"
#include "storage/default_folders.h"
#include "tests/unit/imapd/stand_in_authd.h"
#include "tests/unit/imapd/stand_in_userdb.h"

namespace posthouse::imapd {
namespace {

std::string make_folder() {
    std::string path = testing::TempDir() + "posthouse-imapd-XXXXXX";
    if (::mkdtemp(path.data()) == nullptr) std::abort();
    return path;
}

config::Config with_name(config::Config config) {
    config.general.hostname = "mx.example.org";
    return config;
}

}  // namespace

void TestClient::send(std::string_view bytes) {
    if (!compression_) return send_raw(bytes);
    send_raw(compression_->deflate(bytes));
}

void TestClient::send_raw(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
}

bool TestClient::fill() {
    if (compression_ && compression_->has_received()) return inflate({});
    pollfd wait{socket_.get(), POLLIN, 0};
    if (::poll(&wait, 1, 20'000) <= 0) return false;
    std::array<char, 65536> bytes{};
    const ssize_t got = ::recv(socket_.get(), bytes.data(), bytes.size(), 0);
    is_closed_ = got <= 0;
    if (is_closed_) return false;
    if (!compression_) {
        buffer_.append(bytes.data(), static_cast<std::size_t>(got));
        return true;
    }
    return inflate({bytes.data(), static_cast<std::size_t>(got)});
}

bool TestClient::inflate(std::string_view bytes) {
    compression_->feed(bytes);
    std::array<char, 65536> space{};
    const Result<std::size_t> inflated = compression_->inflate(space);
    if (inflated) buffer_.append(space.data(), *inflated);
    return inflated.has_value();
}

void TestClient::start_compression() {
    compression_ = std::make_unique<net::Compression>();
    inflate(std::exchange(buffer_, {}));
}

void TestClient::stop_compression() {
    const Result<std::optional<std::string>> rest = compression_->end();
    ASSERT_TRUE(rest && *rest);
    buffer_ += **rest;
    compression_.reset();
}

std::string TestClient::line() {
    for (;;) {
        const auto end = buffer_.find('\n');
        if (end != std::string::npos) {
            std::string text = buffer_.substr(0, end + 1);
            buffer_.erase(0, end + 1);
            return text;
        }
        if (!fill()) return std::exchange(buffer_, {});
    }
}

std::string TestClient::read_until(std::string_view prefix) {
    std::string all;
    for (;;) {
        const std::string next = line();
        all += next;
        if (next.empty() || next.starts_with(prefix)) return all;
    }
}

std::string TestClient::run(std::string_view command) {
    send("t " + std::string(command) + "\r\n");
    return read_until("t ");
}

std::string TestClient::read_rest() {
    while (fill()) {
    }
    return std::exchange(buffer_, {});
}

ImapServer::ImapServer(config::Config config, std::size_t waiting_messages)
    : folder_(make_folder()),
      waiting_messages_(waiting_messages),
      config_(std::make_shared<const config::Config>(with_name(std::move(config)))),
      store_(storage::Settings{.mail_root = folder_ + "/mail",
                               .index_root = {},
                               .layout = {},
                               .default_folders = storage::default_folders_from(*config_),
                               .host_name = "test"}) {
    std::promise<void> ready;
    thread_ = std::thread([this, &ready] { loop_.run_until_complete(main(ready)); });
    ready.get_future().wait();
}

ImapServer::~ImapServer() {
    loop_.post_from_any_thread([this] {
        for (net::Stream* stream : streams_) stream->cancel();
        stop_->notify_all();
    });
    thread_.join();
    std::filesystem::remove_all(folder_);
}

net::Async<> ImapServer::main(std::promise<void>& ready) {
    net::Scope scope(loop_);
    net::Event stop(loop_);
    const std::string auth_path = folder_ + "/login";
    Result<UniqueFd> listening = net::listen_unix(auth_path);
    net::Listener authd(loop_, std::move(*listening));
    scope.spawn(serve_authd, std::ref(loop_), std::ref(scope), std::ref(authd));
    auth::AuthClient auth(loop_, auth_path);
    const std::string userdb_path = folder_ + "/userdb";
    Result<UniqueFd> userdb_listening = net::listen_unix(userdb_path);
    net::Listener userdb(loop_, std::move(*userdb_listening));
    scope.spawn(serve_userdb, std::ref(loop_), std::ref(scope), std::ref(userdb));
    auth::UserdbClient users(loop_, userdb_path);
    guard::Client guard(loop_, "");
    net::Pool disk(loop_, 2);
    quota::Service quota(loop_, store_, disk, config_);
    WatchHub watches(loop_, store_.watcher());
    UserConnections connections;
    WaitingMessages waiting(waiting_messages_);
    KeptOrders orders;
    metrics::Registry metrics({});
    Services services{.loop = loop_,
                      .store = store_,
                      .disk = disk,
                      .quota = quota,
                      .auth = auth,
                      .users = users,
                      .guard = guard,
                      .watches = watches,
                      .connections = connections,
                      .waiting = waiting,
                      .orders = orders,
                      .metrics = metrics,
                      .background = scope};
    scope_ = &scope;
    stop_ = &stop;
    services_ = &services;
    scope.spawn(&WatchHub::run, &watches);
    ready.set_value();
    const Result<> stopped = co_await stop.wait(net::Deadline::never());
    EXPECT_TRUE(stopped);
    watches.stop();
    authd.cancel();
    userdb.cancel();
    co_await auth.close();
    co_await users.close();
    co_await scope.join();
}

net::Async<> ImapServer::serve(ImapServer* server, int socket) {
    daemon::Connection connection{.stream = net::Stream(server->loop_, UniqueFd(socket)),
                                  .peer = *net::Address::from_ip("192.0.2.1", 40000),
                                  .local = *net::Address::from_ip("192.0.2.2", 143),
                                  .listener = "imap",
                                  .log = log::SessionLog("test")};
    const auto place = server->streams_.insert(server->streams_.end(), &connection.stream);
    Session session(*server->services_, connection, server->config_, nullptr);
    co_await session.run();
    co_await connection.stream.close(soon());
    server->streams_.erase(place);
}

TestClient ImapServer::connect() {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) std::abort();
    loop_.post_from_any_thread([this, socket = ends[1]] { scope_->spawn(&ImapServer::serve, this, socket); });
    return TestClient(UniqueFd(ends[0]));
}

void ImapServer::drain() {
    loop_.post_from_any_thread([this] {
        for (net::Stream* stream : streams_) stream->drain();
    });
}

config::Config ImapTest::usual_config() {
    config::Config config;
    config.imapd.shared_accounts = {"team@example.org"};
    config.tls.allow_plain_login = true;
    return config;
}

TestClient ImapTest::log_in(std::string_view name) {
    TestClient client = server.connect();
    client.read_until("* OK");
    EXPECT_NE(client.run("LOGIN " + std::string(name) + "@example.org secret").find("t OK"), std::string::npos);
    return client;
}

TestClient ImapTest::select_inbox() {
    TestClient client = log_in();
    EXPECT_NE(client.run("SELECT INBOX").find("t OK [READ-WRITE]"), std::string::npos);
    return client;
}

void ImapTest::append(TestClient& client, std::string_view message, std::string_view mailbox) {
    const std::string reply = client.run("APPEND " + std::string(mailbox) + " {" + std::to_string(message.size()) +
                                         "+}\r\n" + std::string(message));
    EXPECT_NE(reply.find("t OK [APPENDUID "), std::string::npos) << reply;
}

}  // namespace posthouse::imapd
