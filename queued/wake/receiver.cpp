// Receiver: a datagram socket in the run folder.
#include "queued/wake/receiver.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "lib/net/unix_path.h"

namespace posthouse::wake {
namespace {

constexpr mode_t socket_mode = 0660;

}  // namespace

Result<Receiver> Receiver::bind(net::Loop& loop, const std::string& path) {
    const Result<net::UnixPath> target = net::make_unix_path(path);
    if (!target) return fail(target.error());
    UniqueFd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!socket) return fail_errno("make a socket", errno);
    ::unlink(path.c_str());
    const auto* address = reinterpret_cast<const sockaddr*>(&target->address);
    if (::bind(socket.get(), address, sizeof target->address) != 0 || ::chmod(path.c_str(), socket_mode) != 0)
        return fail_errno("bind " + path, errno);
    return Receiver(loop, std::move(socket), path);
}

Receiver::Receiver(net::Loop& loop, UniqueFd socket, std::string path)
    : socket_(std::move(socket)), poller_(loop, socket_.get()), path_(std::move(path)) {}

Receiver::~Receiver() {
    if (socket_) ::unlink(path_.c_str());
}

net::Async<Result<Signal>> Receiver::next(net::Deadline deadline) {
    std::array<char, max_signal + 1> bytes{};
    for (;;) {
        const ssize_t count = ::recv(socket_.get(), bytes.data(), bytes.size(), 0);
        if (count >= 0) {
            auto signal = parse_signal({bytes.data(), static_cast<std::size_t>(count)});
            if (signal) co_return *std::move(signal);
            continue;
        }
        if (errno == EINTR) continue;
        if (errno != EAGAIN) co_return fail_errno("read the queue's socket", errno);
        const Result<> ready = co_await poller_.wait(net::Direction::read, deadline);
        if (!ready) co_return fail(ready.error());
    }
}

}  // namespace posthouse::wake
