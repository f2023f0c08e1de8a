// Server: accepts on a Unix socket, one coroutine per connection.
#include "tests/unit/smtpd/server.h"

#include <cstdlib>

namespace posthouse::smtpd {

void Server::start() {
    auto socket = net::listen_unix(path_);
    if (!socket) std::abort();
    listener_ = std::make_unique<net::Listener>(loop_, *std::move(socket));
    scope_.spawn(accept, this);
}

net::Async<> Server::stop() {
    if (listener_) listener_->cancel();
    drop_connections();
    co_await scope_.join();
    listener_.reset();
}

void Server::drop_connections() {
    for (net::Stream* stream : streams_) stream->cancel();
}

net::Async<> Server::accept(Server* server) {
    for (;;) {
        Result<net::Accepted> accepted = co_await server->listener_->accept();
        if (!accepted) co_return;
        ++server->connections;
        server->scope_.spawn(run, server, *std::move(accepted));
    }
}

net::Async<> Server::run(Server* server, net::Accepted accepted) {
    net::Stream stream(server->loop_, std::move(accepted.socket));
    const auto place = server->streams_.insert(server->streams_.end(), &stream);
    co_await server->serve(stream);
    Result<> flushed = co_await stream.flush(soon());
    (void)flushed;
    server->streams_.erase(place);
}

}  // namespace posthouse::smtpd
