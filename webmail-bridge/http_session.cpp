// One HTTP/1.1 connection of a client.
#include "webmail-bridge/http_session.h"

#include <array>
#include <ctime>
#include <optional>
#include <utility>

#include "lib/base/ascii.h"
#include "lib/http/parser.h"

namespace posthouse::bridge {
namespace {

constexpr http::Limits limits{.header_octets = 16'384, .body_octets = 65'536};
constexpr unsigned max_requests = 1000;  // on one connection, so that a pipelining client cannot hold up a drain

/// Responses are read by programs, and hold nothing that a browser may guess about, keep or frame.
constexpr std::array<std::pair<std::string_view, std::string_view>, 5> security_headers{{
    {"Cache-Control", "no-store"},
    {"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"},
    {"Referrer-Policy", "no-referrer"},
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "DENY"},
}};

net::Async<Result<>> respond(net::Stream& stream, http::Response response, bool head, net::Deadline deadline) {
    response.headers.add("Date", http_date(std::time(nullptr)));
    for (const auto& [name, value] : security_headers) response.headers.add(name, value);
    Result<> sent = co_await stream.write(http::to_wire(response, head), deadline);
    co_return sent;
}

/// Answers what cannot be understood, or did not come in time; the connection ends with it.
net::Async<> refuse(net::Stream& stream, int status, net::Deadline deadline) {
    http::Response response = http::response(status, "text/plain", std::string(http::reason(status)) + "\n");
    response.keep_alive = false;
    Result<> sent = co_await respond(stream, std::move(response), false, deadline);
}

bool has_one_host_at_most(const http::Request& request) {
    int hosts = 0;
    for (const auto& [name, value] : request.headers.fields()) hosts += ascii::iequals(name, "Host") ? 1 : 0;
    return hosts <= 1;
}

/// Feeds the parser until it has a request. nullopt: the connection is to end without a word. Errors: timeout with a
/// request half sent; invalid, limit: the parser says which status.
net::Async<Result<std::optional<http::Request>>> next_request(net::Stream& stream, http::RequestParser& parser,
                                                              net::Deadline deadline) {
    bool begun = false;
    for (;;) {
        Result<std::optional<http::Request>> request = parser.next();
        if (!request || *request) co_return request;
        Result<net::Input> input = co_await stream.wait_input(deadline);
        if (!input && input.error().code == ErrorCode::timeout && begun) co_return fail(input.error());
        if (!input || *input != net::Input::ready) co_return std::nullopt;
        Result<std::string_view> bytes = co_await stream.peek(deadline);
        if (!bytes) co_return std::nullopt;
        begun = true;
        parser.feed(*bytes);
        stream.consume(bytes->size());
    }
}

}  // namespace

net::Async<> serve_http(net::Stream& stream, std::chrono::milliseconds timeout, Handler& handler) {
    http::RequestParser parser(limits);
    for (unsigned served = 1; served <= max_requests; ++served) {
        const Result<std::optional<http::Request>> request =
            co_await next_request(stream, parser, net::Deadline::in(timeout));
        if (!request || (*request && !has_one_host_at_most(**request))) {
            const bool late = !request && request.error().code == ErrorCode::timeout;
            const int status = late ? 408 : request ? 400 : parser.status();
            handler.malformed(status);
            co_await refuse(stream, status, net::Deadline::in(timeout));
            co_return;
        }
        if (!*request) co_return;
        http::Response response = co_await handler.handle(**request);
        response.keep_alive = (*request)->keep_alive && served < max_requests;
        const bool last = !response.keep_alive;
        const bool head = (*request)->method == "HEAD";
        Result<> sent = co_await respond(stream, std::move(response), head, net::Deadline::in(timeout));
        if (!sent || last) co_return;
    }
}

std::string http_date(std::int64_t time) {
    static constexpr std::array<const char*, 7> days = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr std::array<const char*, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                           "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const std::time_t seconds = time;
    std::tm at{};
    ::gmtime_r(&seconds, &at);
    std::array<char, 32> text{};
    const std::size_t length = std::strftime(text.data(), text.size(), "%d ??? %Y %H:%M:%S GMT", &at);
    std::string date(text.data(), length);
    date.replace(3, 3, months[static_cast<std::size_t>(at.tm_mon)]);
    return std::string(days[static_cast<std::size_t>(at.tm_wday)]) + ", " + date;
}

}  // namespace posthouse::bridge
