// Section [log] as the settings of lib/base's log.
#pragma once

#include "lib/base/log.h"
#include "lib/config/config.h"

namespace posthouse::supervisor {

inline log::Settings log_settings(const config::Config& config) {
    log::Settings settings{.program = "posthoused", .path = config.log.path, .json = config.log.format == "json"};
    if (config.log.level == "debug") settings.level = log::Level::debug;
    if (config.log.level == "warning") settings.level = log::Level::warning;
    if (config.log.level == "error") settings.level = log::Level::error;
    return settings;
}

}  // namespace posthouse::supervisor
