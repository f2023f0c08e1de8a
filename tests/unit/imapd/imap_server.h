// An imapd in a thread of its own, with a store in a temporary folder, and clients that speak to it in small steps.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <future>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "imapd/session.h"
#include "lib/base/fd.h"
#include "lib/net/compression.h"
#include "storage/store.h"

namespace posthouse::imapd {

/// One client. Every wait ends after 20 seconds, with what has come until then.
class TestClient {
  public:
    explicit TestClient(UniqueFd socket) : socket_(std::move(socket)) {}

    void send(std::string_view bytes);
    /// What comes up to and with the first line that begins with `prefix`.
    std::string read_until(std::string_view prefix);
    /// Sends "t COMMAND" CRLF and gives all responses, with the tagged one.
    std::string run(std::string_view command);
    /// What is sent and read from now on is compressed (RFC 4978).
    void start_compression();
    /// What is sent and read from now on is not (RFC 8437).
    void stop_compression();
    /// As it is, also when the rest is compressed.
    void send_raw(std::string_view bytes);
    /// Everything up to the end of the connection.
    std::string read_rest();
    /// The server has ended the connection.
    bool is_closed() const { return is_closed_; }

  private:
    bool fill();
    bool inflate(std::string_view bytes);
    std::string line();

    UniqueFd socket_;
    std::string buffer_;
    std::unique_ptr<net::Compression> compression_;
    bool is_closed_ = false;
};

class ImapServer {
  public:
    /// Without TLS, as most tests need none. `waiting_messages`: of MULTIAPPEND, in all sessions.
    explicit ImapServer(config::Config config, std::size_t waiting_messages = imap::kMaxAppendedWaiting);
    ~ImapServer();
    ImapServer(const ImapServer&) = delete;
    ImapServer& operator=(const ImapServer&) = delete;

    /// A connection, its greeting still to be read.
    TestClient connect();
    /// Ends every session as a stopping daemon does.
    void drain();
    storage::Store& store() { return store_; }

  private:
    net::Async<> main(std::promise<void>& ready);
    static net::Async<> serve(ImapServer* server, int socket);

    std::string folder_;
    std::size_t waiting_messages_;
    config::Snapshot config_;
    storage::Store store_;
    net::Loop loop_;
    net::Scope* scope_ = nullptr;
    net::Event* stop_ = nullptr;
    Services* services_ = nullptr;
    std::list<net::Stream*> streams_;
    std::thread thread_;
};

/// A fixture with a server whose passwords may be sent in clear.
class ImapTest : public testing::Test {
  protected:
    explicit ImapTest(config::Config config = usual_config()) : server(std::move(config)) {}
    static config::Config usual_config();
    /// A client that has read the greeting and logged in as joe, or as another (stand_in_authd.h).
    TestClient log_in(std::string_view name = "joe");
    /// The same with INBOX selected.
    TestClient select_inbox();
    /// Appends a message to a mailbox.
    static void append(TestClient& client, std::string_view message, std::string_view mailbox = "INBOX");

    ImapServer server;
};

}  // namespace posthouse::imapd
