// LmtpPool: the connections of one worker to lmtpd.
#include "smtpd/delivery/lmtp_pool.h"

#include <algorithm>
#include <utility>

#include "lib/net/connect.h"

namespace posthouse::smtpd {
namespace {

std::unexpected<Error> failed(const transfer::Failure& failure) {
    std::string detail = failure.text;
    if (failure.reply) detail += ": " + std::to_string(failure.reply->code) + " " + failure.reply->text();
    return fail(ErrorCode::unavailable, "lmtpd gives no answer", std::move(detail));
}

}  // namespace

LmtpPool::LmtpPool(net::Loop& loop, std::string path, std::string hostname, std::size_t connections)
    : loop_(loop), path_(std::move(path)), hostname_(std::move(hostname)), permits_(loop, connections) {}

LmtpPool::Connection LmtpPool::take_idle() {
    while (!idle_.empty()) {
        Connection connection = std::move(idle_.back());
        idle_.pop_back();
        if (!connection->stale()) return connection;
    }
    return nullptr;
}

net::Async<Result<LmtpPool::Connection>> LmtpPool::open(net::Deadline deadline) const {
    Result<net::Stream> stream = co_await net::connect_unix(loop_, path_, deadline);
    if (!stream) co_return fail(stream.error());
    transfer::Terms terms;
    terms.protocol = transfer::Protocol::lmtp;
    terms.chunk_from = 0;
    terms.at_once_up_to = transfer::Source::piece;
    terms.helo_name = hostname_;
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline.at - net::Clock::now());
    terms.timeouts.hello = std::clamp(left, std::chrono::milliseconds(1), terms.timeouts.hello);
    terms.timeouts.quit = std::chrono::seconds(1);
    auto connection = std::make_unique<transfer::Conversation>(*std::move(stream), std::move(terms));
    const transfer::Conversation::Done<> opened = co_await connection->open({}, nullptr);
    if (!opened) co_return failed(opened.error());
    co_return connection;
}

/// The replies; the connection is kept for the next message if it is of use.
Result<std::vector<smtp::Reply>> LmtpPool::keep(Connection connection, transfer::Sent sent) {
    if (sent.failure) return failed(*sent.failure);
    std::vector<smtp::Reply> replies;
    for (std::optional<transfer::Answer>& answer : sent.answers) {
        if (!answer) return fail(ErrorCode::unavailable, "lmtpd gives no answer", "for a recipient");
        replies.push_back(std::move(answer->reply));
    }
    if (connection->usable()) idle_.push_back(std::move(connection));
    return replies;
}

net::Async<Result<std::vector<smtp::Reply>>> LmtpPool::deliver(const transfer::Message& message,
                                                               transfer::Source& content, Patience patience) {
    Result<> permit = co_await permits_.acquire(patience.connection);
    if (!permit) co_return fail(ErrorCode::busy, "No connection to lmtpd is free", permit.error().text);
    Result<std::vector<smtp::Reply>> replies = co_await deliver_with_permit(message, content, patience.delivery);
    permits_.release();
    co_return replies;
}

net::Async<Result<std::vector<smtp::Reply>>> LmtpPool::deliver_with_permit(const transfer::Message& message,
                                                                           transfer::Source& content,
                                                                           net::Deadline deadline) {
    if (Connection kept = take_idle()) {
        transfer::Sent sent = co_await kept->send(message, content, deadline);
        const bool died_early = sent.failure && !kept->content_begun() && !deadline.passed();
        if (!died_early) co_return keep(std::move(kept), std::move(sent));
    }
    Result<Connection> fresh = co_await open(deadline);
    if (!fresh) co_return fail(fresh.error());
    transfer::Sent sent = co_await (*fresh)->send(message, content, deadline);
    co_return keep(*std::move(fresh), std::move(sent));
}

net::Async<Result<>> LmtpPool::probe(net::Deadline deadline) {
    const Result<Connection> connection = co_await open(deadline);
    if (!connection) co_return fail(connection.error());
    co_await (*connection)->quit();
    co_return Result<>{};
}

net::Async<> LmtpPool::close() {
    std::vector<Connection> connections;
    connections.swap(idle_);
    for (const Connection& connection : connections) co_await connection->quit();
}

}  // namespace posthouse::smtpd
