// Ban: log-ins that are refused, and its form in JSON, in which guardd keeps it and tells it.
#pragma once

#include <chrono>
#include <compare>
#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace posthouse::guard {

/// Time since 1970, as people and files understand it.
using WallTime = std::chrono::milliseconds;

/// Longest account in a ban: local part and domain at their longest (RFC 5321 §4.5.3.1).
inline constexpr std::size_t max_account_octets = 64 + 1 + 255;
/// Longest reason, in bytes.
inline constexpr std::size_t max_reason_octets = 200;
/// The latest end of a ban: the year 9999.
inline constexpr WallTime latest_end{253'402'300'799'000};

/// What is banned: a network (log-ins of everybody there), an account (log-ins from everywhere), or both (log-ins of
/// that account from there).
struct BanSubject {
    std::string network;  ///< as net::Network::to_string(); empty: any
    std::string account;  ///< in lower case; empty: any
    auto operator<=>(const BanSubject&) const = default;
};

/// Errors: invalid, when that is no network, the account is too long, or both are empty.
Result<BanSubject> ban_subject(std::string_view network, std::string_view account);

/// Log-ins of `subject` are refused from `since` until `until`.
struct Ban {
    BanSubject subject;
    WallTime since{};
    std::optional<WallTime> until;  ///< nullopt: until it is lifted
    bool by_hand = false;           ///< by an administrator; else for failures
    std::string reason;             ///< for people

    bool over(WallTime now) const { return until && *until <= now; }
};

/// {"network": …, "account": …, "since": ms, "until": ms or null, "by_hand": …, "reason": …}
nlohmann::json to_json(const Ban& ban);
/// Errors: invalid, whatever out of any sense it holds.
Result<Ban> ban_from(const nlohmann::json& document);

}  // namespace posthouse::guard
