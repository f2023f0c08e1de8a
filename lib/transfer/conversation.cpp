// Conversation: from the greeting to the first message, and its end.
#include "lib/transfer/conversation.h"

#include <openssl/x509.h>
#include <sys/socket.h>

#include <utility>

#include "lib/transfer/login.h"

namespace posthouse::transfer {
namespace {

constexpr std::size_t max_reply_line = 4096;  // RFC 5321 §4.5.3.1.5 allows 512

Failure refused(Step step, smtp::Reply reply) {
    Failure failure{.kind = Failure::Kind::refused, .step = step, .text = {}, .reply = std::move(reply)};
    failure.text = "refused " + std::string(to_string(step));
    return failure;
}

Failure no_tls(std::string text) {
    return {.kind = Failure::Kind::tls, .step = Step::starttls, .text = std::move(text), .reply = {}};
}

bool is_unix_socket(int fd) {
    int family = AF_UNSPEC;
    socklen_t size = sizeof family;
    return ::getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &size) == 0 && family == AF_UNIX;
}

}  // namespace

std::unexpected<Failure> Conversation::give_up(Failure failure) {
    usable_ = false;
    return std::unexpected(std::move(failure));
}

net::Async<Conversation::Done<smtp::Reply>> Conversation::read_reply(Step step, net::Deadline deadline) {
    smtp::ReplyParser parser;
    for (;;) {
        Result<std::string> line = co_await stream_.read_line(max_reply_line, deadline);
        if (!line) co_return give_up(from_error(line.error(), step));
        Result<bool> last = parser.add_line(*line);
        if (!last) co_return give_up(from_error(last.error(), step));
        if (*last) co_return parser.take();
    }
}

net::Async<Conversation::Done<smtp::Reply>> Conversation::ask(std::string command, Step step, net::Deadline deadline) {
    Result<> sent = co_await stream_.write(command, deadline);
    if (!sent) co_return give_up(from_error(sent.error(), step));
    Done<smtp::Reply> reply = co_await read_reply(step, deadline);
    co_return reply;
}

net::Async<Conversation::Done<>> Conversation::open(const TlsDemand& tls, const Credentials* credentials) {
    if (tls.implicit) {
        Done<> shaken = co_await handshake(tls);
        if (!shaken) co_return shaken;
    }
    Done<smtp::Reply> greeting = co_await read_reply(Step::greeting, net::Deadline::in(terms_.timeouts.hello));
    if (!greeting) co_return std::unexpected(std::move(greeting.error()));
    if (greeting->code != 220) co_return give_up(refused(Step::greeting, *std::move(greeting)));
    Done<> greeted = co_await hello();
    if (!greeted) co_return greeted;
    if (tls.level != TlsDemand::Level::none && !stream_.tls()) {
        Done<> started = co_await start_tls(tls);
        if (!started) co_return started;
    }
    if (credentials != nullptr) {
        Done<> logged_in = co_await log_in(*credentials);
        if (!logged_in) co_return logged_in;
    }
    usable_ = true;
    co_return Done<>{};
}

net::Async<Conversation::Done<>> Conversation::hello() {
    const bool lmtp = terms_.protocol == Protocol::lmtp;
    const net::Deadline deadline = net::Deadline::in(terms_.timeouts.hello);
    Done<smtp::Reply> reply =
        co_await ask((lmtp ? "LHLO " : "EHLO ") + terms_.helo_name + "\r\n", Step::hello, deadline);
    if (!reply) co_return std::unexpected(std::move(reply.error()));
    if (reply->code == 250) {
        capabilities_ = smtp::parse_capabilities(*reply);
        co_return Done<>{};
    }
    // RFC 5321 §3.2: a server may know nothing but what RFC 821 has.
    if (!reply->permanent() || lmtp) co_return give_up(refused(Step::hello, *std::move(reply)));
    reply = co_await ask("HELO " + terms_.helo_name + "\r\n", Step::hello, deadline);
    if (!reply) co_return std::unexpected(std::move(reply.error()));
    if (reply->code != 250) co_return give_up(refused(Step::hello, *std::move(reply)));
    capabilities_ = {};
    co_return Done<>{};
}

net::Async<Conversation::Done<>> Conversation::start_tls(const TlsDemand& demand) {
    const bool needed = demand.level != TlsDemand::Level::may;
    if (!capabilities_.starttls) {
        if (needed) co_return give_up(no_tls("TLS is required, but the server does not offer it"));
        co_return Done<>{};
    }
    Done<smtp::Reply> reply = co_await ask("STARTTLS\r\n", Step::starttls, net::Deadline::in(terms_.timeouts.hello));
    if (!reply) co_return std::unexpected(std::move(reply.error()));
    if (reply->code == 421) co_return give_up(refused(Step::starttls, *std::move(reply)));
    if (reply->code != 220) {
        if (!needed) co_return Done<>{};
        Failure failure = no_tls("TLS is required, but the server refuses it");
        failure.reply = *std::move(reply);
        failure.offers_tls = true;
        co_return give_up(std::move(failure));
    }
    Done<> shaken = co_await handshake(demand);
    if (!shaken) co_return shaken;
    // RFC 3207 §4.2: whatever was said before doesn't count any more.
    capabilities_ = {};
    Done<> greeted = co_await hello();
    co_return greeted;
}

net::Async<Conversation::Done<>> Conversation::handshake(const TlsDemand& demand) {
    Result<> shaken = co_await stream_.start_tls_client(demand.context, demand.server_name,
                                                        net::Deadline::in(terms_.timeouts.hello), preparation(demand));
    if (shaken) co_return Done<>{};
    Failure failure = from_error(shaken.error(), Step::handshake);
    if (failure.kind == Failure::Kind::ended) co_return give_up(std::move(failure));
    failure.kind = Failure::Kind::tls;
    failure.offers_tls = true;
    failure.verify_result = verify_result();
    if (demand.level == TlsDemand::Level::verify && failure.verify_result != X509_V_OK) {
        failure.text = "the server's certificate can't be verified: " +
                       std::string(X509_verify_cert_error_string(failure.verify_result));
    }
    co_return give_up(std::move(failure));
}

/// RFC 4954 §4. Nothing of it is told before it is known that nobody listens.
net::Async<Conversation::Done<>> Conversation::log_in(const Credentials& credentials) {
    const auto fault = [](std::string text) {
        return Failure{.kind = Failure::Kind::local, .step = Step::login, .text = std::move(text), .reply = {}};
    };
    if (!stream_.tls() && !is_unix_socket(stream_.fd()))
        co_return give_up(fault("a log-in is demanded, and not sent without TLS"));
    Result<Login> login = Login::begin(credentials, capabilities_);
    if (!login) co_return give_up(fault(login.error().text));
    const net::Deadline deadline = net::Deadline::in(terms_.timeouts.hello);
    std::string line = login->first();
    for (;;) {
        Result<> sent = co_await stream_.write(line + "\r\n", deadline);
        wipe(line);
        if (!sent) co_return give_up(from_error(sent.error(), Step::login));
        Done<smtp::Reply> reply = co_await read_reply(Step::login, deadline);
        if (!reply) co_return std::unexpected(std::move(reply.error()));
        if (reply->code != 235 && reply->code != 334) co_return give_up(refused(Step::login, *std::move(reply)));
        if (reply->code == 235) {
            Result<> checked = login->succeeded();
            if (!checked) co_return give_up(fault(checked.error().text));
            co_return Done<>{};
        }
        Result<std::string> next = login->answer(reply->lines.empty() ? "" : reply->lines.front());
        if (!next) co_return give_up(fault(next.error().text));
        line = *std::move(next);
    }
}

bool Conversation::stale() { return !usable_ || readable(); }

net::Async<> Conversation::quit() {
    const net::Deadline deadline = net::Deadline::in(terms_.timeouts.quit);
    usable_ = false;
    Done<smtp::Reply> reply = co_await ask("QUIT\r\n", Step::envelope, deadline);
    if (reply) co_await stream_.close(deadline);
}

}  // namespace posthouse::transfer
