// What authd tells of a user beside the name, in look-ups and after log-ins.
#pragma once

#include "auth/directory/directory.h"
#include "lib/sasl/tabs.h"

namespace posthouse::auth {

/// quota_rule, as Dovecot's quota plugin reads it from a userdb; nothing for a user without a quota of its own.
sasl::Parameters quota_fields(const User& user);

}  // namespace posthouse::auth
