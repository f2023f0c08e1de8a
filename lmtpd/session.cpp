// The loop of an LMTP session: wait, read a line, perform it, reply; and how a session ends.
#include "lmtpd/session.h"

#include <utility>

#include "lib/base/ascii.h"
#include "lib/smtp/limits.h"
#include "lmtpd/commands/table.h"

namespace posthouse::lmtpd {

Session::Session(const Services& services, daemon::Connection& connection)
    : services_(services), connection_(connection), config_(services.config()) {}

net::Async<> Session::run() {
    const bool greeted = co_await send(smtp::Reply(220, "", config().general.hostname + " LMTP Posthouse").to_wire());
    if (greeted) co_await serve_commands();
    log().debug("closed", {{"reason", end_reason_}});
}

net::Async<> Session::serve_commands() {
    while (end_reason_.empty()) {
        const bool ready = co_await wait_for_command();
        if (!ready) co_return;
        const Result<std::string> line = co_await stream().read_line(smtp::max_any_line, deadline());
        if (!line && line.error().code != ErrorCode::limit) {
            failed(line.error());
            co_return;
        }
        Answer answer;
        if (line) {
            answer = co_await perform(*this, *line);
        } else {
            count_error();
            answer = smtp::Reply(500, "5.5.2", "Line too long");
            // Nobody knows how many octets follow.
            if (ascii::istarts_with(line.error().detail, "BDAT")) end("BDAT line too long");
        }
        if (answer) co_await send(answer->to_wire());
        if (errors_ >= error_limit && end_reason_.empty())
            co_await say_good_bye(smtp::Reply(421, "4.7.0", "Too many errors"), "too many errors");
    }
}

/// Waits for the client between two commands. A transaction that has begun is finished even when the server stops.
net::Async<bool> Session::wait_for_command() {
    while (!transaction) {
        const Result<net::Input> input = co_await stream().wait_input(deadline());
        if (!input && input.error().code == ErrorCode::timeout) {
            co_await say_good_bye(smtp::Reply(421, "4.4.2", "Nothing heard for too long"), "timeout");
            co_return false;
        }
        if (!input) {
            failed(input.error());
            co_return false;
        }
        if (*input == net::Input::draining) {
            co_await say_good_bye(smtp::Reply(421, "4.3.2", "Server is shutting down"), "server is stopping");
            co_return false;
        }
        if (*input != net::Input::ready) continue;
        config_ = services_.config();
        co_return true;
    }
    co_return true;
}

net::Async<> Session::say_good_bye(smtp::Reply reply, std::string_view reason) {
    end(reason);
    co_await send(reply.to_wire());
}

void Session::reset() {
    transaction.reset();
    forwarded.clear();
}

net::Async<bool> Session::send(std::string_view bytes) {
    const Result<> sent = co_await stream().write(bytes, deadline());
    if (!sent) failed(sent.error());
    co_return sent.has_value();
}

void Session::end(std::string_view reason) {
    if (end_reason_.empty()) end_reason_ = reason;
}

void Session::failed(const Error& error) {
    end(error.code == ErrorCode::closed ? "client closed the connection" : to_string(error.code));
}

}  // namespace posthouse::lmtpd
