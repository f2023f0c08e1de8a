// The resolver's settings out of the configuration.
#pragma once

#include "lib/config/config.h"
#include "lib/dns/settings.h"

namespace posthouse::dns {

/// Of section [dns]. Errors: invalid; the text names the parameter.
Result<Settings> settings_of(const config::Config& config);

}  // namespace posthouse::dns
