// Tests of one HTTP connection over a socket pair: framing, bounds, HEAD, pipelining, time, and draining.
#include "webmail-bridge/http_session.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <utility>
#include <vector>

#include "lib/net/scope.h"

namespace posthouse::bridge {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

net::Deadline soon() { return net::Deadline::in(seconds(20)); }

class Echo final : public Handler {
  public:
    net::Async<http::Response> handle(const http::Request& request) override {
        targets.push_back(request.method + " " + request.target);
        co_return http::response(200, "text/plain", "you said " + request.body + "\n");
    }
    void malformed(int status) override { refused = status; }

    std::vector<std::string> targets;
    int refused = 0;
};

struct Outcome {
    std::string answer;
    std::vector<std::string> targets;
    int refused = 0;
    bool left_to_client = false;  ///< the session had not ended when the client closed
};

net::Async<> run_session(net::Stream* stream, milliseconds timeout, Echo* echo, bool* ended) {
    co_await serve_http(*stream, timeout, *echo);
    *ended = true;
    co_await stream->close(net::Deadline::in(seconds(1)));
}

net::Async<Outcome> converse(net::Loop& loop, std::string sent, milliseconds timeout, std::size_t expected_answers,
                             bool drain) {
    int fds[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    Outcome outcome;
    Echo echo;
    bool ended = false;
    net::Stream server(loop, UniqueFd(fds[0]));
    net::Scope scope(loop);
    scope.spawn(run_session, &server, timeout, &echo, &ended);
    {
        net::Stream client(loop, UniqueFd(fds[1]));
        Result<> written = co_await client.write(sent, soon());
        written = co_await client.flush(soon());
        while (expected_answers > 0) {
            const Result<std::string_view> bytes = co_await client.peek(soon());
            if (!bytes) break;
            outcome.answer += *bytes;
            client.consume(bytes->size());
            std::size_t answers = 0;
            for (std::size_t at = 0; (at = outcome.answer.find("HTTP/1.1 ", at)) != std::string::npos; ++at) ++answers;
            if (answers >= expected_answers && !drain) break;
            if (answers >= expected_answers) server.drain();
        }
        outcome.left_to_client = !ended;
    }
    co_await scope.join();
    outcome.targets = echo.targets;
    outcome.refused = echo.refused;
    co_return outcome;
}

/// Sends bytes and reads until the server closes (`answers` 100: more than come), or so many answers are there.
Outcome talk(const std::string& sent, std::size_t answers = 100, milliseconds timeout = seconds(20),
             bool drain = false) {
    net::Loop loop;
    return loop.run_until_complete(converse(loop, sent, timeout, answers, drain));
}

TEST(HttpSession, AnswersWithSecurityHeaders) {
    const Outcome outcome = talk("GET /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    EXPECT_TRUE(outcome.answer.starts_with("HTTP/1.1 200 OK\r\n")) << outcome.answer;
    EXPECT_TRUE(outcome.answer.ends_with("\r\n\r\nyou said \n")) << outcome.answer;
    for (const char* header :
         {"X-Content-Type-Options: nosniff\r\n", "Cache-Control: no-store\r\n",
          "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n", "X-Frame-Options: DENY\r\n",
          "Referrer-Policy: no-referrer\r\n", "Date: ", "Content-Length: 10\r\n", "Connection: close\r\n"})
        EXPECT_NE(outcome.answer.find(header), std::string::npos) << header;
}

TEST(HttpSession, KeepsTheConnectionAndAnswersPipelinedRequestsInOrder) {
    const Outcome outcome = talk(
        "GET /1 HTTP/1.1\r\nHost: x\r\n\r\nPOST /2 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n"
        "\r\nabcHEAD /3 HTTP/1.1\r\nHost: x\r\n\r\n",
        3);
    EXPECT_EQ(outcome.targets, (std::vector<std::string>{"GET /1", "POST /2", "HEAD /3"}));
    EXPECT_NE(outcome.answer.find("you said abc\n"), std::string::npos);
    EXPECT_TRUE(outcome.answer.ends_with("Content-Length: 10\r\n\r\n")) << "HEAD has no body";
    EXPECT_TRUE(outcome.left_to_client);
}

TEST(HttpSession, AnOldClientsConnectionIsClosed) {
    const Outcome outcome = talk("GET / HTTP/1.0\r\n\r\nGET /never HTTP/1.0\r\n\r\n");
    EXPECT_EQ(outcome.targets, (std::vector<std::string>{"GET /"}));
}

TEST(HttpSession, WhatIsMalformedGets400AndTheEnd) {
    for (const char* wire : {"nonsense\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nhost: b\r\n\r\n",
                             "GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", "GET / HTTP/1.1\r\nA B: c\r\n\r\n"}) {
        const Outcome outcome = talk(std::string(wire) + "GET /never HTTP/1.1\r\n\r\n");
        EXPECT_TRUE(outcome.answer.starts_with("HTTP/1.1 400 Bad Request\r\n")) << wire << outcome.answer;
        EXPECT_NE(outcome.answer.find("Connection: close\r\n"), std::string::npos);
        EXPECT_TRUE(outcome.targets.empty());
        EXPECT_EQ(outcome.refused, 400);
    }
}

TEST(HttpSession, AnEndlessHeaderGets431) {
    const Outcome outcome = talk("GET / HTTP/1.1\r\nX: " + std::string(100'000, 'x'));
    EXPECT_TRUE(outcome.answer.starts_with("HTTP/1.1 431 ")) << outcome.answer;
    EXPECT_EQ(outcome.refused, 431);
}

TEST(HttpSession, ALargeBodyGets413) {
    const Outcome outcome = talk("POST / HTTP/1.1\r\nContent-Length: 1000000\r\n\r\n");
    EXPECT_TRUE(outcome.answer.starts_with("HTTP/1.1 413 ")) << outcome.answer;
}

TEST(HttpSession, AHalfSentRequestTimesOutWith408) {
    const Outcome outcome = talk("GET / HTTP/1.1\r\nHost:", 100, milliseconds(20));
    EXPECT_TRUE(outcome.answer.starts_with("HTTP/1.1 408 Request Timeout\r\n")) << outcome.answer;
    EXPECT_EQ(outcome.refused, 408);
}

TEST(HttpSession, ASilentClientIsClosedWithoutAWord) {
    const Outcome outcome = talk("", 100, milliseconds(20));
    EXPECT_EQ(outcome.answer, "");
    EXPECT_EQ(outcome.refused, 0);
}

TEST(HttpSession, AnIdleConnectionEndsWhenTheDaemonDrains) {
    const Outcome outcome = talk("GET / HTTP/1.1\r\nHost: x\r\n\r\n", 1, seconds(20), /*drain=*/true);
    EXPECT_TRUE(outcome.answer.ends_with("you said \n")) << outcome.answer;
}

TEST(HttpSession, AConnectionHasAThousandRequestsAtMost) {
    std::string wire;
    for (int i = 0; i < 1500; ++i) wire += "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    EXPECT_EQ(talk(wire, 2000).targets.size(), 1000u);
}

TEST(HttpDate, IsWrittenAsTheRfcDoes) {
    EXPECT_EQ(http_date(784'111'777), "Sun, 06 Nov 1994 08:49:37 GMT");
    EXPECT_EQ(http_date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
}

}  // namespace
}  // namespace posthouse::bridge
