// Listener, binding, and sockets inherited from a supervisor.
#include "lib/net/listener.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <utility>

#include "lib/base/ascii.h"
#include "lib/base/log.h"
#include "lib/net/unix_path.h"

namespace posthouse::net {
namespace {

constexpr int backlog = 1024;
constexpr int first_inherited = 3;
constexpr auto retry_pause = std::chrono::milliseconds(200);
constexpr auto log_interval = std::chrono::minutes(1);

// TCP: replies go out at once, and a peer that vanished is noticed though it says nothing.
void set_tcp_options(int fd) {
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
}

Address local_address(int fd) {
    sockaddr_storage storage{};
    socklen_t length = sizeof storage;
    if (::getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &length) != 0) return {};
    return Address::from_sockaddr(storage, length);
}

}  // namespace

Listener::Listener(Loop& loop, UniqueFd socket)
    : loop_(loop), socket_(std::move(socket)), poller_(loop, socket_.get()) {
    ::fcntl(socket_.get(), F_SETFL, ::fcntl(socket_.get(), F_GETFL) | O_NONBLOCK);
}

Address Listener::local() const { return local_address(socket_.get()); }

Async<Result<Accepted>> Listener::accept() {
    Clock::time_point logged{};
    for (;;) {
        sockaddr_storage storage{};
        socklen_t length = sizeof storage;
        const int fd =
            ::accept4(socket_.get(), reinterpret_cast<sockaddr*>(&storage), &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            Accepted accepted{UniqueFd(fd), Address::from_sockaddr(storage, length), local_address(fd)};
            if (accepted.peer.is_ip()) set_tcp_options(fd);
            co_return accepted;
        }
        const int problem = errno;
        switch (problem) {
            case EAGAIN: {
                Result<> ready = co_await poller_.wait(Direction::read, Deadline::never());
                if (!ready) co_return fail(ready.error());
                break;
            }
            case EMFILE:
            case ENFILE:
            case ENOBUFS:
            case ENOMEM:
                if (Clock::now() - logged > log_interval) {
                    logged = Clock::now();
                    log::error("cannot accept connections", {{"listener", local().to_string()},
                                                             {"reason", fail_errno("accept", problem).error().detail}});
                }
                co_await loop_.sleep_until(Deadline::in(retry_pause));
                break;
            case EBADF:
            case EINVAL:
            case ENOTSOCK:
            case EOPNOTSUPP: co_return fail_errno("accept", problem);
            default: break;  // the peer's trouble: aborted before we came
        }
    }
}

Result<UniqueFd> listen_tcp(const Address& address) {
    sockaddr_storage storage{};
    const socklen_t length = address.to_sockaddr(storage);
    UniqueFd fd(::socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd) return fail_errno("socket", errno);
    const int on = 1;
    ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    if (address.family() == Address::Family::ipv6) ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&storage), length) != 0 ||
        ::listen(fd.get(), backlog) != 0) {
        if (errno == EADDRINUSE) return fail(ErrorCode::exists, "Address already in use", address.to_string());
        return fail_errno("bind " + address.to_string(), errno);
    }
    return fd;
}

Result<UniqueFd> listen_unix(const std::string& path, unsigned mode) {
    Result<UnixPath> target = make_unix_path(path);
    if (!target) return fail(target.error());
    const auto* address = reinterpret_cast<const sockaddr*>(&target->address);
    struct stat st{};
    if (::stat(path.c_str(), &st) == 0) {
        const UniqueFd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        if (!S_ISSOCK(st.st_mode)) return fail(ErrorCode::exists, "Not a socket", path);
        if (!probe) return fail_errno("socket", errno);
        if (::connect(probe.get(), address, sizeof target->address) == 0)
            return fail(ErrorCode::exists, "Another process listens on this socket", path);
        ::unlink(path.c_str());
    }
    UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd) return fail_errno("socket", errno);
    if (::bind(fd.get(), address, sizeof target->address) != 0) return fail_errno("bind " + path, errno);
    if (::chmod(path.c_str(), mode) != 0) return fail_errno("chmod " + path, errno);
    if (::listen(fd.get(), backlog) != 0) return fail_errno("listen " + path, errno);
    return fd;
}

std::vector<Inherited> inherited_listeners() {
    std::vector<Inherited> sockets;
    const auto variable = [](const char* name) -> std::string {
        const char* value = ::getenv(name);  // NOLINT(concurrency-mt-unsafe): at start, before threads
        return value == nullptr ? "" : value;
    };
    const auto pid = ascii::parse_number(variable("LISTEN_PID"));
    const auto count = ascii::parse_number(variable("LISTEN_FDS"));
    const std::string names = variable("LISTEN_FDNAMES");
    for (const char* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) ::unsetenv(name);
    if (!pid || *pid != static_cast<std::uint64_t>(::getpid()) || !count || *count > 1024) return sockets;
    const std::vector<std::string_view> parts = ascii::split(names, ':');
    for (std::size_t i = 0; i < *count; ++i) {
        const int fd = first_inherited + static_cast<int>(i);
        if (::fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) continue;
        sockets.push_back({i < parts.size() ? std::string(parts[i]) : "unknown", UniqueFd(fd)});
    }
    return sockets;
}

}  // namespace posthouse::net
