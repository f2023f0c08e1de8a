// Tests of the table of sessions, and of what the control socket does with it.
#include "lib/daemon/session_table.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <list>
#include <nlohmann/json.hpp>
#include <optional>

#include "lib/daemon/control.h"
#include "lib/http/parser.h"
#include "tests/unit/daemon/fake_daemon.h"

namespace posthouse::daemon {
namespace {

net::Deadline soon() { return net::Deadline::in(std::chrono::seconds(20)); }

/// Both ends of a connection.
struct Ends {
    explicit Ends(net::Loop& loop) {
        std::array<int, 2> fds{};
        if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds.data()) != 0) std::abort();
        server.emplace(loop, UniqueFd(fds[0]));
        client.emplace(loop, UniqueFd(fds[1]));
    }
    std::optional<net::Stream> server;
    std::optional<net::Stream> client;
};

/// Three sessions: joe@example.org's, one in which nobody has logged in, and ann@example.net's.
class SessionTableTest : public testing::Test {
  public:
    SessionTableTest() {
        for (const char* user : {"joe@example.org", "", "ann@example.net"}) {
            Ends ends(loop_);
            connections_.push_back(Connection{std::move(*ends.server),
                                              *net::Address::from_ip("192.0.2.7", 4711),
                                              {},
                                              "imaps",
                                              log::SessionLog("S" + std::to_string(connections_.size()))});
            connections_.back().user = user;
            clients_.push_back(std::move(*ends.client));
            entries_.emplace_back(table_, connections_.back());
        }
    }
    /// Runs `body(this)`, an Async<>, and ends the background work.
    template <typename F>
    void run(F body) {
        loop_.run_until_complete([](F work, SessionTableTest* test) -> net::Async<> {
            co_await work(test);
            co_await test->daemon_.end();
        }(body, this));
    }
    static net::Async<std::string> input(Connection& connection) {
        Result<net::Input> input = co_await connection.stream.wait_input(soon());
        if (!input) co_return std::string(to_string(input.error().code));
        co_return *input == net::Input::draining ? "draining" : *input == net::Input::ready ? "ready" : "woken";
    }
    Connection& connection(std::size_t i) { return *std::next(connections_.begin(), static_cast<std::ptrdiff_t>(i)); }

    net::Loop loop_;
    FakeDaemon daemon_{loop_, "imapd", {}};
    SessionTable table_{daemon_.background(), daemon_.stopping(), std::chrono::milliseconds(20)};
    std::list<Connection> connections_;
    std::list<net::Stream> clients_;
    std::list<SessionTable::Entry> entries_;
};

TEST_F(SessionTableTest, ListsWhoIsThere) {
    const auto rows = nlohmann::json::parse(table_.to_json());
    ASSERT_EQ(rows.size(), 3u);
    EXPECT_EQ(rows[0]["user"], "joe@example.org");
    EXPECT_EQ(rows[0]["client"], "192.0.2.7:4711");
    EXPECT_EQ(rows[0]["listener"], "imaps");
    EXPECT_EQ(rows[0]["session"], "S0");
    EXPECT_GT(rows[0]["since"], 1'700'000'000);
    EXPECT_EQ(rows[1]["user"], "");
    entries_.pop_front();
    EXPECT_EQ(table_.size(), 2u);
}

TEST_F(SessionTableTest, WhoIsKickedSaysGoodByeAndIsCancelledWhenThatTakesTooLong) {
    run([](SessionTableTest* test) -> net::Async<> {
        EXPECT_EQ(test->table_.kick("joe@example.org"), 1u);
        std::string seen = co_await input(test->connection(0));
        EXPECT_EQ(seen, "draining");
        EXPECT_EQ(test->connection(0).farewell(), "Session ended by the administrator");
        const Result<std::string_view> bytes = co_await test->connection(0).stream.peek(soon());
        EXPECT_EQ(bytes.error().code, ErrorCode::cancelled) << "after a while";
        Result<> sent = co_await test->clients_.back().write("x", soon());
        sent = co_await test->clients_.back().flush(soon());
        seen = co_await input(test->connection(2));
        EXPECT_EQ(seen, "ready") << "others go on";
        EXPECT_FALSE(test->connection(1).kicked);
    });
}

TEST_F(SessionTableTest, EverybodyInADomainIsKickedByItsName) {
    run([](SessionTableTest* test) -> net::Async<> {
        EXPECT_EQ(test->table_.kick("@net"), 0u);
        EXPECT_EQ(test->table_.kick(""), 0u);
        EXPECT_EQ(test->table_.kick("@"), 0u);
        EXPECT_EQ(test->table_.kick("@example.net"), 1u);
        EXPECT_TRUE(test->connection(2).kicked);
        co_return;
    });
}

class Nothing final : public Application {
  public:
    net::Async<> serve(Connection&) override { co_return; }
};

TEST_F(SessionTableTest, TheControlSocketListsAndKicks) {
    run([](SessionTableTest* test) -> net::Async<> {
        Nothing nothing;
        Ends ends(test->loop_);
        http::Request list;
        list.target = "/sessions";
        http::Request kick;
        kick.method = "POST";
        kick.target = "/kick";
        kick.body = "joe@example.org\nzoe@example.org\n@example.net\n";
        kick.keep_alive = false;
        Result<> sent = co_await ends.client->write(http::to_wire(list) + http::to_wire(kick), soon());
        sent = co_await ends.client->flush(soon());
        co_await serve_control(test->daemon_, nothing, test->table_, *ends.server);
        sent = co_await ends.server->flush(soon());
        const Result<std::string_view> bytes = co_await ends.client->peek(soon());
        EXPECT_TRUE(bytes);
        if (!bytes) co_return;
        EXPECT_NE(bytes->find("\"user\":\"ann@example.net\""), std::string_view::npos) << *bytes;
        EXPECT_TRUE(bytes->ends_with("\r\n\r\n2\n")) << *bytes;
    });
}

}  // namespace
}  // namespace posthouse::daemon
