// What a client that has logged in may send, as the administrator bounds it.
#pragma once

#include "lib/config/config.h"
#include "lib/imap/command_reader.h"
#include "lib/imap/limits.h"

namespace posthouse::imapd {

/// Bounds of what the arguments of a command say.
imap::Limits limits_of(const config::Config& config);
/// How large a command may be.
imap::CommandBounds bounds_of(const config::Config& config);

}  // namespace posthouse::imapd
