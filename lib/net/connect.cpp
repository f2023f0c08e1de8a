// Connecting to a server, by TCP or a Unix socket.
#include "lib/net/connect.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>

#include "lib/net/poller.h"
#include "lib/net/unix_path.h"

namespace posthouse::net {
namespace {

std::unexpected<Error> refused(const std::string& where, int error_number) {
    Error error = fail_errno("connect " + where, error_number).error();
    return fail(ErrorCode::unavailable, "Cannot connect", error.detail);
}

Async<Result<Stream>> finish(Loop& loop, UniqueFd socket, const sockaddr* address, socklen_t length, std::string where,
                             Deadline deadline) {
    for (;;) {
        if (::connect(socket.get(), address, length) == 0) co_return Stream(loop, std::move(socket));
        if (errno == EINPROGRESS) break;
        if (errno == EINTR) continue;
        // A Unix socket whose backlog is full says EAGAIN, and cannot be waited for.
        if (errno != EAGAIN || deadline.passed()) co_return refused(where, errno);
        co_await loop.sleep_until(Deadline::in(std::chrono::milliseconds(5)));
    }
    {
        Poller poller(loop, socket.get());
        Result<> ready = co_await poller.wait(Direction::write, deadline);
        if (!ready) co_return fail(ready.error());
    }
    int problem = 0;
    socklen_t size = sizeof problem;
    ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &problem, &size);
    if (problem != 0) co_return refused(where, problem);
    co_return Stream(loop, std::move(socket));
}

Result<> bind_to(int socket, const Address& source) {
    sockaddr_storage storage{};
    const socklen_t length = Address::from_ip(source.ip(), 0)->to_sockaddr(storage);
    const int on = 1;
    // The port is chosen when the connection is made, so that it needs to be free for that peer only.
    ::setsockopt(socket, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    if (::bind(socket, reinterpret_cast<const sockaddr*>(&storage), length) != 0)
        return refused("from " + source.ip(), errno);
    return {};
}

}  // namespace

Async<Result<Stream>> connect(Loop& loop, Address address, Deadline deadline, Address source) {
    if (address.family() == Address::Family::unix_socket) {
        Result<Stream> stream = co_await connect_unix(loop, address.path(), deadline);
        co_return stream;
    }
    sockaddr_storage storage{};
    const socklen_t length = address.to_sockaddr(storage);
    UniqueFd socket(::socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket) co_return fail_errno("socket", errno);
    const int on = 1;
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (source.is_ip() && source.family() == address.family()) {
        if (const Result<> bound = bind_to(socket.get(), source); !bound) co_return fail(bound.error());
    }
    Result<Stream> stream = co_await finish(loop, std::move(socket), reinterpret_cast<const sockaddr*>(&storage),
                                            length, address.to_string(), deadline);
    co_return stream;
}

Async<Result<Stream>> connect_unix(Loop& loop, std::string path, Deadline deadline) {
    Result<UnixPath> target = make_unix_path(path);
    if (!target) co_return fail(ErrorCode::unavailable, "Cannot connect", target.error().detail);
    UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket) co_return fail_errno("socket", errno);
    Result<Stream> stream =
        co_await finish(loop, std::move(socket), reinterpret_cast<const sockaddr*>(&target->address),
                        sizeof target->address, path, deadline);
    co_return stream;
}

}  // namespace posthouse::net
