// What a user's mail may take.
#include "cli/user_quota.h"

namespace posthouse::cli {

Result<storage::QuotaLimits> quota_of(const config::Config& config, const auth::User& user) {
    std::vector<std::string> own;
    if (user.quota_mb > 0) own.push_back("*:storage=" + std::to_string(user.quota_mb) + "M");
    return storage::QuotaLimits::parse(storage::quota_words_from(config, own));
}

}  // namespace posthouse::cli
