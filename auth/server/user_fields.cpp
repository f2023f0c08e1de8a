// Fields of a user.
#include "auth/server/user_fields.h"

#include <string>

namespace posthouse::auth {

sasl::Parameters quota_fields(const User& user) {
    if (!user.has_quota()) return {};
    return {{"quota_rule", "*:storage=" + std::to_string(user.quota_mb) + 'M'}};
}

}  // namespace posthouse::auth
