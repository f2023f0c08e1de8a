// Which sockets a daemon listens on: those it inherited, or, run by hand, those the configuration names.
#pragma once

#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/config/config.h"
#include "lib/net/listener.h"

namespace posthouse::daemon {

/// The name of the listener on which every daemon answers HTTP about itself.
inline constexpr std::string_view control_listener = "control";

/// Binds every address or path that section [listen] has for `listener`. Errors name listener and address.
Result<std::vector<net::Inherited>> bind_listener(const config::Config& config, std::string_view listener);

}  // namespace posthouse::daemon
