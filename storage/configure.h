// From the configuration to a Store's settings: the same for every program that opens the mail.
#pragma once

#include <string>

#include "lib/config/config.h"
#include "storage/store.h"

namespace posthouse::storage {

/// The settings of this system's Store.
Settings settings_from(const config::Config& config);
/// Where the indexes lie.
std::string index_root_of(const config::Config& config);

}  // namespace posthouse::storage
