// Fields of a user.
#include "auth/server/user_fields.h"

#include <string>

namespace posthouse::auth {

sasl::Parameters quota_fields(const User& user) {
    if (user.quota_mb <= 0) return {};
    return {{"quota_rule", "*:storage=" + std::to_string(user.quota_mb) + 'M'}};
}

}  // namespace posthouse::auth
