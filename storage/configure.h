// From the configuration to a Store's settings: the same for every program that opens the mail.
#pragma once

#include <string>
#include <vector>

#include "lib/config/config.h"
#include "storage/quota.h"
#include "storage/store.h"

namespace posthouse::storage {

/// The settings of this system's Store.
Settings settings_from(const config::Config& config);
/// Section [quota] as words of quota limits; `user_rules` (of the directory) come last, so that they replace others.
QuotaWords quota_words_from(const config::Config& config, const std::vector<std::string>& user_rules);
/// How mailboxes lie on disk, and how their names are spelled there.
Layout layout_from(const config::Config& config);
/// Where the indexes lie.
std::string index_root_of(const config::Config& config);

}  // namespace posthouse::storage
