// SendingLimits: how much may be sent as an address.
#pragma once

#include <vector>

#include "auth/client/sending_limit.h"
#include "lib/base/result.h"

namespace posthouse::auth {

/// Errors: as of Directory.
class SendingLimits {
  public:
    virtual ~SendingLimits() = default;
    /// By address.
    virtual Result<std::vector<SendingLimit>> list() = 0;
    /// In the place of those that the address has; one without any number has none any more.
    virtual Result<> set(const SendingLimit& limit) = 0;
};

}  // namespace posthouse::auth
