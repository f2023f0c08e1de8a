// The loop of a POP3 session: wait, read a line, perform it, reply; and how a session ends.
#include "pop3d/session.h"

#include <algorithm>
#include <utility>

#include "lib/base/secret.h"
#include "lib/daemon/origin.h"
#include "lib/pop3/command.h"
#include "pop3d/commands/table.h"

namespace posthouse::pop3d {

Session::Session(const Services& services, daemon::Connection& connection, config::Snapshot config,
                 std::shared_ptr<const net::TlsContext> tls)
    : services_(services),
      connection_(connection),
      config_(std::move(config)),
      tls_(std::move(tls)),
      may_tell_origin_(daemon::may_tell_origin(*config_, connection.peer)),
      login_deadline_(net::Deadline::in(config_->pop3d.login_timeout)) {}

net::Async<> Session::run() {
    const std::string greeting = config().general.hostname + " Posthouse POP3 ready";
    const bool greeted = co_await send(pop3::to_line(pop3::ok(greeting)));
    if (greeted) co_await serve_commands();
    log_end();
}

net::Async<> Session::serve_commands() {
    while (end_reason_.empty()) {
        const Result<net::Input> input = co_await stream().wait_input(deadline());
        if (!input) {
            failed(input.error());
            co_return;
        }
        if (*input == net::Input::draining) {
            co_await say_farewell();
            co_return;
        }
        if (*input == net::Input::woken) continue;
        std::optional<Result<std::string>> line = co_await read_line();
        if (!line) co_return;
        Answer answer;
        if (*line) {
            answer = co_await perform(*this, **line);
            wipe(**line);
        } else {
            count_error();
            answer = pop3::err("Line too long");
        }
        if (answer) co_await send(pop3::to_line(*answer));
        if (errors_ >= config().pop3d.error_limit && end_reason_.empty()) {
            co_await send(pop3::to_line(pop3::err("Too many errors")));
            end("too many errors");
        }
    }
}

net::Async<> Session::say_farewell() {
    end(connection_.kicked ? "ended by the administrator" : "server is stopping");
    co_await send(pop3::to_line(pop3::err(pop3::ResponseCode::sys_temp, std::string(connection_.farewell()))));
}

net::Async<bool> Session::start_tls() {
    const Result<> done = co_await stream().start_tls(tls_, deadline());
    if (!done) failed(done.error());
    user_name.clear();
    co_return done.has_value();
}

bool Session::may_send_password() const { return stream().tls() || config().tls.allow_plain_login; }

bool Session::may_use_user() const {
    const std::vector<std::string> offered = mechanisms();
    return std::ranges::find(offered, "PLAIN") != offered.end();
}

std::vector<std::string> Session::mechanisms() const {
    return sasl::offered_mechanisms(config().auth.mechanisms,
                                    auth::circumstances_of(stream(), config().tls.allow_plain_login));
}

void Session::logged_in(std::string user, Maildrop maildrop, storage::AccountQuota quota) {
    user_ = std::move(user);
    connection_.user = user_;
    maildrop_ = std::move(maildrop);
    quota_ = std::move(quota);
}

net::Async<bool> Session::send(std::string_view bytes) {
    const Result<> sent = co_await stream().write(bytes, net::Deadline::in(config().pop3d.timeout));
    if (!sent) failed(sent.error());
    co_return sent.has_value();
}

net::Async<std::optional<Result<std::string>>> Session::read_line() {
    Result<std::string> line = co_await stream().read_line(pop3::max_auth_octets, deadline());
    if (line || line.error().code == ErrorCode::limit) co_return line;
    failed(line.error());
    co_return std::nullopt;
}

void Session::end(std::string_view reason) {
    if (end_reason_.empty()) end_reason_ = reason;
}

void Session::count_retrieved(std::uint64_t octets) {
    ++retrieved_;
    retrieved_octets_ += octets;
}

auth::LoginContext Session::login_context() const {
    return {.service = "pop3",
            .remote = connection_.peer,
            .local = connection_.local,
            .secured = stream().tls(),
            .session = log().id(),
            .binding = stream().tls_binding(),
            .certificate_user = stream().tls_client_name()};
}

net::Deadline Session::deadline() const {
    return maildrop_ ? net::Deadline::in(config().pop3d.timeout) : login_deadline_;
}

/// The connection fails or times out: the session ends without UPDATE and without a word (RFC 1939 §3).
void Session::failed(const Error& error) {
    end(error.code == ErrorCode::closed ? "client closed the connection" : to_string(error.code));
}

void Session::log_end() const {
    if (!maildrop_) {
        log().info("closed without log-in", {{"reason", end_reason_}, {"peer", connection_.peer.to_string()}});
        return;
    }
    log().info("closed", {{"user", user_},
                          {"reason", end_reason_},
                          {"retrieved", retrieved_},
                          {"octets", retrieved_octets_},
                          {"deleted", maildrop_->deleted()}});
}

}  // namespace posthouse::pop3d
