// Unix socket paths longer than sun_path.
#include "lib/net/unix_path.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>

#include "lib/base/file.h"

namespace posthouse::net {

Result<UnixPath> make_unix_path(const std::string& path) {
    UnixPath result;
    result.address.sun_family = AF_UNIX;
    std::string text = path;
    if (text.size() >= sizeof result.address.sun_path) {
        const auto slash = path.find_last_of('/');
        const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
        Result<UniqueFd> fd = open_file(folder, O_PATH | O_DIRECTORY);
        if (!fd) return fail(fd.error());
        text = "/proc/self/fd/" + std::to_string(fd->get()) + "/" + path.substr(slash + 1);
        result.folder = std::move(*fd);
    }
    if (text.size() >= sizeof result.address.sun_path) return fail(ErrorCode::limit, "Socket path too long", path);
    std::ranges::copy(text, result.address.sun_path);
    return result;
}

}  // namespace posthouse::net
