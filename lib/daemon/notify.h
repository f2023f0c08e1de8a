// Telling the supervisor how a daemon is doing (sd_notify's protocol: a datagram to NOTIFY_SOCKET).
#pragma once

#include <string_view>

namespace posthouse::daemon {

/// "READY=1", "STOPPING=1", "STATUS=…". Does nothing when nobody asked to be told.
void notify_supervisor(std::string_view state);

}  // namespace posthouse::daemon
