// Whether a server is behind a Unix socket.
#pragma once

#include <string>

namespace posthouse::cli {

/// Whether the socket is missing, or was left by a server that was killed. For after a failure: a server that is too
/// busy to answer, or that this user may not ask, is there.
bool nobody_listens(const std::string& path);

}  // namespace posthouse::cli
