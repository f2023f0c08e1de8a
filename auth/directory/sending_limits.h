// SendingLimits: how much may be sent as an address.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"

namespace posthouse::auth {

/// A row of sending_limits. A number that is not there: no limit of its own.
struct SendingLimit {
    std::string address;  ///< or @domain
    std::optional<std::int64_t> messages_per_hour;
    std::optional<std::int64_t> recipients_per_hour;
    std::optional<std::int64_t> recipients_per_message;
    bool operator==(const SendingLimit&) const = default;
};

/// Errors: as of Directory.
class SendingLimits {
  public:
    virtual ~SendingLimits() = default;
    /// By address.
    virtual Result<std::vector<SendingLimit>> list() = 0;
    /// In the place of those that the address has.
    virtual Result<> set(const SendingLimit& limit) = 0;
};

}  // namespace posthouse::auth
