// Connecting to a server, by TCP or a Unix socket.
#pragma once

#include <string>

#include "lib/net/address.h"
#include "lib/net/stream.h"

namespace posthouse::net {

/// From the address `source`, if that is one of the same family (its port doesn't matter); else the kernel chooses.
/// Errors: unavailable (refused, no such socket, unreachable, not an address of this host), timeout, io.
Async<Result<Stream>> connect(Loop& loop, Address address, Deadline deadline, Address source = {});
/// The same to a Unix socket; paths longer than the kernel's 107 bytes work.
Async<Result<Stream>> connect_unix(Loop& loop, std::string path, Deadline deadline);

}  // namespace posthouse::net
