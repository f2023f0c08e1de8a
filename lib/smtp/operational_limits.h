// The EHLO keyword LIMITS (RFC 9422): what a server lets a client do in one session or transaction.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace posthouse::smtp {

/// Each 1 to max_limit; nullopt: not told.
struct OperationalLimits {
    std::optional<std::uint32_t> mail_max;         ///< MAILMAX: transactions of a session (RFC 9422)
    std::optional<std::uint32_t> rcpt_max;         ///< RCPTMAX: recipients of a transaction
    std::optional<std::uint32_t> rcpt_domain_max;  ///< RCPTDOMAINMAX: domains of a transaction's recipients
    bool operator==(const OperationalLimits&) const = default;
};
/// Six digits.
inline constexpr std::uint32_t max_limit = 999'999;

/// Reads what follows the word LIMITS. Limits that nobody knows, and values that are none, say nothing.
OperationalLimits parse_limits(std::string_view arguments);
/// "LIMITS MAILMAX=… RCPTMAX=…" for the reply to EHLO; empty when no limit is told. Values are cut to their bounds.
std::string limits_keyword(const OperationalLimits& limits);

}  // namespace posthouse::smtp
