// What a test says to a running authd by its sockets, and hears.
#pragma once

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "lib/base/base64.h"
#include "lib/net/connect.h"
#include "tests/unit/auth/running_authd.h"

namespace posthouse::auth {

inline net::Deadline soon() { return net::Deadline::in(std::chrono::seconds(20)); }

/// Runs `body(loop, authd)`, an Async<>, beside a running authd.
template <typename F>
void with_authd(F body, const RunningAuthd::Change& change = {}) {
    net::Loop loop;
    RunningAuthd authd(loop, change);
    loop.run_until_complete([](F run, net::Loop& l, RunningAuthd& a) -> net::Async<> {
        co_await run(l, a);
        co_await a.stop();
    }(body, loop, authd));
}

inline net::Async<net::Stream> connect(net::Loop& loop, RunningAuthd& authd, std::string socket) {
    Result<net::Stream> stream = co_await net::connect_unix(loop, authd.socket(socket), soon());
    if (!stream) throw std::runtime_error(stream.error().message());
    co_return std::move(*stream);
}

inline net::Async<std::string> line(net::Stream& stream) {
    Result<std::string> text = co_await stream.read_line(20000, soon());
    co_return text ? *text : "error: " + text.error().message();
}

inline net::Async<std::string> ask(net::Stream& stream, std::string request) {
    (void)co_await stream.write(request, soon());
    (void)co_await stream.flush(soon());
    std::string answer = co_await line(stream);
    co_return answer;
}

inline net::Async<> read_greeting(net::Stream& stream) {
    for (std::string text; text != "DONE" && !text.starts_with("error");) text = co_await line(stream);
}

/// A log-in by PLAIN on the socket `auth`: message is "act as NUL user NUL password".
inline std::string plain(int id, std::string_view message) {
    return "AUTH\t" + std::to_string(id) + "\tPLAIN\tservice=smtp\tnologin\tsecured\tresp=" + base64::encode(message) +
           '\n';
}

inline std::string plain_for(int id, std::string service, std::string_view message) {
    return "AUTH\t" + std::to_string(id) + "\tPLAIN\tservice=" + service +
           "\tnologin\tsecured\tresp=" + base64::encode(message) + '\n';
}

}  // namespace posthouse::auth
