// The accounts that have mail on disk, whether or not the directory of users still knows them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "storage/store.h"

namespace posthouse::storage {

/// The accounts below `mail_root`, sorted by domain and local part; of one domain, unless it is empty. not_found: no
/// such folder. Folders that can't be accounts are left out.
Result<std::vector<AccountName>> accounts_on_disk(const std::string& mail_root, std::string_view domain);

}  // namespace posthouse::storage
