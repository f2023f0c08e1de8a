// Tests of bridged with parts that are small servers on control sockets: ready, not ready, silent, gone, talking
// nonsense.
#include "webmail-bridge/bridge.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <list>
#include <utility>

#include "lib/http/parser.h"
#include "lib/net/listener.h"
#include "lib/net/scope.h"
#include "tests/unit/daemon/fake_daemon.h"

namespace posthouse::bridge {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

net::Deadline soon() { return net::Deadline::in(seconds(20)); }

config::Config configuration(const std::string& run_folder) {
    config::Config config;
    config.general.run_folder = run_folder;
    config.bridge.part_timeout = seconds(20);
    return config;
}

/// A control socket whose every connection gets the same bytes; without bytes it never answers.
class FakePart {
  public:
    FakePart(net::Loop& loop, const std::string& path, std::string bytes)
        : loop_(loop), bytes_(std::move(bytes)), listener_(loop, std::move(*net::listen_unix(path))), scope_(loop) {
        scope_.spawn(&FakePart::accept, this);
    }
    net::Async<> stop() {
        listener_.cancel();
        co_await scope_.join();
    }
    int asked() const { return asked_; }

  private:
    static net::Async<> accept(FakePart* part) {
        std::list<net::Stream> streams;
        for (;;) {
            Result<net::Accepted> accepted = co_await part->listener_.accept();
            if (!accepted) co_return;
            ++part->asked_;
            streams.emplace_back(part->loop_, std::move(accepted->socket));
            if (part->bytes_.empty()) continue;
            Result<std::string> line = co_await streams.back().read_line(1000, soon());
            Result<> written = co_await streams.back().write(part->bytes_, soon());
            written = co_await streams.back().flush(soon());
            streams.pop_back();
        }
    }

    net::Loop& loop_;
    std::string bytes_;
    net::Listener listener_;
    net::Scope scope_;
    int asked_ = 0;
};

std::string answer(int status, std::string body) {
    http::Response response = http::response(status, "text/plain", std::move(body));
    response.keep_alive = false;
    return http::to_wire(response);
}

net::Async<> serve(Bridge* bridge, daemon::Connection* connection) {
    co_await bridge->serve(*connection);
    co_await connection->stream.close(net::Deadline::in(seconds(1)));
}

net::Async<> fetch(net::Loop* loop, Bridge* bridge, std::string method, std::string target, http::Response* out) {
    int fds[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    daemon::Connection connection{net::Stream(*loop, UniqueFd(fds[0])), {}, {}, "http", log::SessionLog("test")};
    net::Scope scope(*loop);
    scope.spawn(serve, bridge, &connection);
    {
        net::Stream client(*loop, UniqueFd(fds[1]));
        http::Request request;
        request.method = method;
        request.target = target;
        request.keep_alive = false;
        Result<> written = co_await client.write(http::to_wire(request), soon());
        EXPECT_TRUE(written);
        http::ResponseParser parser;
        while (!parser.complete()) {
            const Result<std::string_view> bytes = co_await client.peek(soon());
            if (!bytes) break;
            EXPECT_TRUE(parser.feed(*bytes));
            client.consume(bytes->size());
        }
        EXPECT_TRUE(parser.complete());
        if (parser.complete()) *out = parser.take();
    }
    co_await scope.join();
}

class BridgeTest : public testing::Test {
  protected:
    BridgeTest() : daemon_(loop_, "bridged", configuration(folder_.path())), bridge_(daemon_) {
        std::filesystem::create_directory(folder_.path() + "/control");
    }
    ~BridgeTest() override { loop_.run_until_complete(stop_parts()); }

    net::Async<> stop_parts() {
        for (FakePart& part : parts_) co_await part.stop();
    }
    FakePart& add_part(const std::string& name, const std::string& bytes) {
        return parts_.emplace_back(loop_, folder_.path() + "/control/" + name + "-1.sock", bytes);
    }
    void add_all(const std::string& bytes) {
        for (const char* name : {"authd", "guardd", "historyd", "lmtpd", "queued", "smtpd", "imapd", "pop3d"})
            add_part(name, bytes);
    }
    void remove_last_part() {
        loop_.run_until_complete(parts_.back().stop());
        parts_.pop_back();
    }
    http::Response get(const std::string& target, const std::string& method = "GET") {
        http::Response response;
        loop_.run_until_complete(fetch(&loop_, &bridge_, method, target, &response));
        return response;
    }

    TemporaryFolder folder_;
    net::Loop loop_;
    daemon::FakeDaemon daemon_;
    Bridge bridge_;
    std::list<FakePart> parts_;
};

TEST_F(BridgeTest, IsHealthyWhateverTheParts) { EXPECT_EQ(get("/health").status, 200); }

TEST_F(BridgeTest, KnowsItsRoutesAndMethods) {
    EXPECT_EQ(get("/").status, 404);
    EXPECT_EQ(get("/health/").status, 404);
    EXPECT_EQ(get("/health?verbose=1").status, 200);
    EXPECT_EQ(get("http://mail.example.org/health").status, 200);
    EXPECT_EQ(get("http://mail.example.org").status, 404);
    const http::Response refused = get("/ready", "DELETE");
    EXPECT_EQ(refused.status, 405);
    EXPECT_EQ(refused.headers.get("Allow"), "GET, HEAD");
    EXPECT_EQ(get("/nowhere", "DELETE").status, 404);
}

TEST_F(BridgeTest, IsReadyWhenAllPartsAre) {
    add_all(answer(200, "ready\n"));
    const http::Response page = get("/ready");
    EXPECT_EQ(page.status, 200) << page.body;
    EXPECT_EQ(page.body.find("false"), std::string::npos);
}

TEST_F(BridgeTest, SaysWhichPartIsNotReadyAndWhy) {
    add_all(answer(200, "ready\n"));
    remove_last_part();
    add_part("milterd", answer(503, "authd does not answer\n"));
    add_part("indexd", "nonsense\r\n\r\n");
    add_part("bridged", answer(500, "must not be asked\n"));
    const http::Response page = get("/ready");
    EXPECT_EQ(page.status, 503);
    EXPECT_NE(page.body.find("\"reason\": \"authd does not answer\""), std::string::npos) << page.body;
    EXPECT_NE(page.body.find("\"reason\": \"Malformed HTTP message\""), std::string::npos) << page.body;
    EXPECT_NE(page.body.find("\"reason\": \"Cannot connect\""), std::string::npos) << page.body;
    EXPECT_EQ(page.body.find("bridged"), std::string::npos) << page.body;
}

TEST_F(BridgeTest, ASilentPartIsNotReadyAfterItsTime) {
    add_all(answer(200, "ready\n"));
    add_part("milterd", "");
    daemon_.configuration.bridge.part_timeout = milliseconds(50);
    const http::Response page = get("/ready");
    EXPECT_EQ(page.status, 503);
    EXPECT_NE(page.body.find("\"reason\": \"Timed out\""), std::string::npos) << page.body;
}

net::Async<> fetch_at_once(net::Loop* loop, Bridge* bridge, std::vector<http::Response>* out) {
    net::Scope scope(*loop);
    for (http::Response& response : *out)
        scope.spawn(fetch, loop, bridge, std::string("GET"), std::string("/ready"), &response);
    co_await scope.join();
}

TEST_F(BridgeTest, ManyClientsAtOnceCostThePartsOneQuestion) {
    add_all(answer(200, "ready\n"));
    std::vector<http::Response> responses(50);
    loop_.run_until_complete(fetch_at_once(&loop_, &bridge_, &responses));
    for (const http::Response& response : responses) EXPECT_EQ(response.status, 200);
    EXPECT_LE(parts_.front().asked(), 3);
}

TEST_F(BridgeTest, ShowsTheMetricsOfAllPartsAndItsOwn) {
    add_part("imapd", answer(200, "# TYPE m_total counter\nm_total{daemon=\"imapd\"} 5\n"));
    add_part("smtpd", answer(200, "# TYPE m_total counter\nm_total{daemon=\"smtpd\"} 6\n"));
    EXPECT_EQ(get("/health").status, 200);
    const http::Response page = get("/metrics");
    EXPECT_EQ(page.status, 200);
    EXPECT_TRUE(page.headers.get("Content-Type").starts_with("text/plain; version=0.0.4"));
    for (
        const char* expected :
        {"# TYPE m_total counter\nm_total{daemon=\"imapd\",worker=\"1\"} 5\nm_total{daemon=\"smtpd\",worker=\"1\"} 6\n",
         "posthouse_part_up{daemon=\"imapd\",worker=\"1\"} 1\n", "posthouse_part_up{daemon=\"pop3d\",worker=\"1\"} 0\n",
         "posthouse_http_requests_total{daemon=\"bridged\",path=\"/health\",status=\"200\",worker=\"1\"} 1\n",
         "posthouse_process_resident_memory_bytes{daemon=\"bridged\",worker=\"1\"}"})
        EXPECT_NE(page.body.find(expected), std::string::npos) << expected << page.body;
}

TEST_F(BridgeTest, SaysSoWhenItHasNoRoom) {
    const std::string reply = bridge_.overloaded_reply("http");
    EXPECT_TRUE(reply.starts_with("HTTP/1.1 503 Service Unavailable\r\n"));
    EXPECT_NE(reply.find("Connection: close\r\n"), std::string::npos);
}

}  // namespace
}  // namespace posthouse::bridge
