// Unix socket paths: sun_path holds 107 bytes; longer paths are reached through an open folder.
#pragma once

#include <sys/un.h>

#include <string>

#include "lib/base/fd.h"
#include "lib/base/result.h"

namespace posthouse::net {

/// An address for bind() or connect(); `folder` must stay open until then.
struct UnixPath {
    sockaddr_un address{};
    UniqueFd folder;
};

/// Errors: not_found (no such folder), limit (a file name longer than about 80 bytes).
Result<UnixPath> make_unix_path(const std::string& path);

}  // namespace posthouse::net
