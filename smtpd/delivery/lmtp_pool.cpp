// LmtpPool: the connections of one worker to lmtpd.
#include "smtpd/delivery/lmtp_pool.h"

#include <utility>

namespace posthouse::smtpd {

LmtpPool::LmtpPool(net::Loop& loop, std::string path, std::string hostname, std::size_t connections)
    : loop_(loop), path_(std::move(path)), hostname_(std::move(hostname)), permits_(loop, connections) {}

std::unique_ptr<LmtpConnection> LmtpPool::take_idle() {
    while (!idle_.empty()) {
        std::unique_ptr<LmtpConnection> connection = std::move(idle_.back());
        idle_.pop_back();
        if (!connection->stale()) return connection;
    }
    return nullptr;
}

net::Async<Result<std::vector<smtp::Reply>>> LmtpPool::deliver(const Envelope& envelope, std::string_view header,
                                                               Content& content, Patience patience) {
    Result<> permit = co_await permits_.acquire(patience.connection);
    if (!permit) co_return fail(ErrorCode::busy, "No connection to lmtpd is free", permit.error().text);
    Result<std::vector<smtp::Reply>> replies =
        co_await deliver_with_permit(envelope, header, content, patience.delivery);
    permits_.release();
    co_return replies;
}

net::Async<Result<std::vector<smtp::Reply>>> LmtpPool::deliver_with_permit(const Envelope& envelope,
                                                                           std::string_view header, Content& content,
                                                                           net::Deadline deadline) {
    if (std::unique_ptr<LmtpConnection> kept = take_idle()) {
        Result<std::vector<smtp::Reply>> replies = co_await kept->deliver(envelope, header, content, deadline);
        if (replies) {
            idle_.push_back(std::move(kept));
            co_return replies;
        }
        const bool died_early = replies.error().code != ErrorCode::timeout && !kept->content_sent();
        if (!died_early) co_return replies;
    }
    Result<std::unique_ptr<LmtpConnection>> opened = co_await LmtpConnection::open(loop_, path_, hostname_, deadline);
    if (!opened) co_return fail(opened.error());
    std::unique_ptr<LmtpConnection> fresh = *std::move(opened);
    Result<std::vector<smtp::Reply>> replies = co_await fresh->deliver(envelope, header, content, deadline);
    if (replies) idle_.push_back(std::move(fresh));
    co_return replies;
}

net::Async<Result<>> LmtpPool::probe(net::Deadline deadline) {
    Result<std::unique_ptr<LmtpConnection>> connection =
        co_await LmtpConnection::open(loop_, path_, hostname_, deadline);
    if (!connection) co_return fail(connection.error());
    co_await (*connection)->quit(deadline);
    co_return Result<>{};
}

net::Async<> LmtpPool::close() {
    std::vector<std::unique_ptr<LmtpConnection>> connections;
    connections.swap(idle_);
    for (auto& connection : connections) {
        co_await connection->quit(net::Deadline::in(std::chrono::seconds(1)));
    }
}

}  // namespace posthouse::smtpd
