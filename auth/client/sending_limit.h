// SendingLimit: how much may be sent as an address, and its form on the socketmap `sending_limit`.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace posthouse::auth {

/// A row of sending_limits. A number that is not there: no limit of its own, the settings hold; 0: without a limit.
struct SendingLimit {
    std::string address;  ///< of a user; or @domain: what its users may send together
    std::optional<std::int64_t> messages_per_hour{};
    std::optional<std::int64_t> recipients_per_hour{};
    std::optional<std::int64_t> recipients_per_message{};
    std::optional<std::int64_t> messages_per_day{};
    std::optional<std::int64_t> recipients_per_day{};
    bool operator==(const SendingLimit&) const = default;
};

/// The most that a limit can be.
inline constexpr std::int64_t max_sending_limit = 1'000'000'000;

/// A number of a SendingLimit, by the name of its column.
struct SendingLimitColumn {
    std::string_view name;
    std::optional<std::int64_t> SendingLimit::* number;
};
inline constexpr std::array sending_limit_columns{
    SendingLimitColumn{"messages_per_hour", &SendingLimit::messages_per_hour},
    SendingLimitColumn{"recipients_per_hour", &SendingLimit::recipients_per_hour},
    SendingLimitColumn{"recipients_per_message", &SendingLimit::recipients_per_message},
    SendingLimitColumn{"messages_per_day", &SendingLimit::messages_per_day},
    SendingLimitColumn{"recipients_per_day", &SendingLimit::recipients_per_day},
};

/// "messages_per_hour=100 recipients_per_day=2000": the numbers that are there.
std::string encode(const SendingLimit& limit);
/// Names that are not known are passed over; the address is left empty. Errors: invalid.
Result<SendingLimit> parse_sending_limit(std::string_view text);

}  // namespace posthouse::auth
