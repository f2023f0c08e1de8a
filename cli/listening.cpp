// Asks the kernel who listens.
#include "cli/listening.h"

#include <sys/socket.h>

#include <cerrno>

#include "lib/base/fd.h"
#include "lib/net/unix_path.h"

namespace posthouse::cli {

bool nobody_listens(const std::string& path) {
    const Result<net::UnixPath> target = net::make_unix_path(path);
    const UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!target || !socket) return false;
    const auto* const address = reinterpret_cast<const sockaddr*>(&target->address);
    return ::connect(socket.get(), address, sizeof target->address) != 0 && (errno == ECONNREFUSED || errno == ENOENT);
}

}  // namespace posthouse::cli
