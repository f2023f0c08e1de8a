// Receives READY=1 with the sender's process id.
#include "posthoused/notify.h"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "lib/net/unix_path.h"

namespace posthouse::supervisor {

Result<NotifySocket> NotifySocket::bind(const std::string& path) {
    Result<net::UnixPath> target = net::make_unix_path(path);
    if (!target) return fail(target.error());
    UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd) return fail_errno("socket", errno);
    ::unlink(path.c_str());
    const int on = 1;
    if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&target->address), sizeof target->address) != 0 ||
        ::setsockopt(fd.get(), SOL_SOCKET, SO_PASSCRED, &on, sizeof on) != 0)
        return fail_errno("bind " + path, errno);
    return NotifySocket(std::move(fd), path);
}

NotifySocket::~NotifySocket() {
    if (fd_) ::unlink(path_.c_str());
}

std::optional<pid_t> NotifySocket::receive() const {
    std::array<char, 512> text{};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(ucred))> control{};
    iovec piece{text.data(), text.size()};
    msghdr message{};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t length = ::recvmsg(fd_.get(), &message, MSG_CMSG_CLOEXEC);
    if (length < 0) return errno == EINTR ? std::optional<pid_t>(0) : std::nullopt;
    const std::string_view received(text.data(), static_cast<std::size_t>(length));
    if (("\n" + std::string(received) + "\n").find("\nREADY=1\n") == std::string::npos) return 0;
    for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_CREDENTIALS) continue;
        ucred credentials{};
        std::memcpy(&credentials, CMSG_DATA(header), sizeof credentials);
        return credentials.pid;
    }
    return 0;
}

}  // namespace posthouse::supervisor
