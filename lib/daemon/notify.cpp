// Telling the supervisor how a daemon is doing.
#include "lib/daemon/notify.h"

#include <sys/socket.h>

#include <cstdlib>
#include <string>

#include "lib/base/fd.h"
#include "lib/net/unix_path.h"

namespace posthouse::daemon {

void notify_supervisor(std::string_view state) {
    const char* path = ::getenv("NOTIFY_SOCKET");  // NOLINT(concurrency-mt-unsafe): set before the start, never changed
    if (path == nullptr || path[0] != '/') return;
    Result<net::UnixPath> target = net::make_unix_path(path);
    if (!target) return;
    const UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!fd) return;
    ::sendto(fd.get(), state.data(), state.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&target->address),
             sizeof target->address);
}

}  // namespace posthouse::daemon
