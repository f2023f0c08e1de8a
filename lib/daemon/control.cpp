// The control socket: HTTP about one daemon.
#include "lib/daemon/control.h"

#include <optional>
#include <utility>

#include "lib/base/ascii.h"
#include "lib/http/message.h"
#include "lib/http/parser.h"

namespace posthouse::daemon {
namespace {

constexpr auto request_timeout = std::chrono::seconds(10);

std::size_t kick_all(SessionTable& sessions, std::string_view users) {
    std::size_t count = 0;
    for (const std::string_view user : ascii::split(users, '\n')) count += sessions.kick(user);
    return count;
}

net::Async<http::Response> answer(Daemon& daemon, Application& application, SessionTable& sessions,
                                  const http::Request& request) {
    if (request.method == "POST" && request.path() == "/kick")
        co_return http::response(200, "text/plain", std::to_string(kick_all(sessions, request.body)) + "\n");
    std::optional<http::Response> own = co_await application.control(request);
    if (own) co_return *std::move(own);
    if (request.method != "GET" && request.method != "HEAD")
        co_return http::response(405, "text/plain", "GET or HEAD\n");
    if (request.path() == "/health") co_return http::response(200, "text/plain", "ok\n");
    if (request.path() == "/metrics")
        co_return http::response(200, "text/plain; version=0.0.4", daemon.metrics().text());
    if (request.path() == "/sessions") co_return http::response(200, "application/json", sessions.to_json());
    if (request.path() == "/ready") {
        Result<> ready = co_await application.ready();
        if (ready) co_return http::response(200, "text/plain", "ready\n");
        co_return http::response(503, "text/plain", ready.error().message() + "\n");
    }
    co_return http::response(404, "text/plain", "Not found\n");
}

}  // namespace

net::Async<> serve_control(Daemon& daemon, Application& application, SessionTable& sessions, net::Stream& stream) {
    http::RequestParser parser;
    for (;;) {
        Result<std::optional<http::Request>> request = parser.next();
        if (!request) {
            const std::string bytes = http::to_wire(http::response(parser.status(), "text/plain", "Bad request\n"));
            Result<> sent = co_await stream.write(bytes, net::Deadline::in(request_timeout));
            co_return;
        }
        if (!*request) {
            Result<net::Input> input = co_await stream.wait_input(net::Deadline::in(request_timeout));
            if (!input || *input != net::Input::ready) co_return;
            Result<std::string_view> bytes = co_await stream.peek(net::Deadline::in(request_timeout));
            if (!bytes) co_return;
            parser.feed(*bytes);
            stream.consume(bytes->size());
            continue;
        }
        http::Response response = co_await answer(daemon, application, sessions, **request);
        response.keep_alive = (*request)->keep_alive;
        const std::string wire = http::to_wire(response, (*request)->method == "HEAD");
        Result<> sent = co_await stream.write(wire, net::Deadline::in(request_timeout));
        if (!sent || !response.keep_alive) co_return;
    }
}

}  // namespace posthouse::daemon
