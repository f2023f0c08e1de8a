// Quota rules, warnings and grace in the words that Dovecot's administrators know: "*:storage=1G:messages=10000",
// "Trash:storage=+10%", "Junk:ignore"; "storage=90%"; "10%", "5M".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace posthouse::config {

/// How much of something a rule grants.
struct QuotaAmount {
    enum class Kind {
        unsaid,        ///< the rule doesn't speak of it
        exactly,       ///< so much; 0: no limit
        more,          ///< so much more than the rule "*"
        less,          ///< so much less
        percent,       ///< so many per cent of the rule "*"
        more_percent,  ///< so many per cent more
        less_percent,
    };
    Kind kind = Kind::unsaid;
    std::uint64_t value = 0;  ///< bytes, messages or per cent
    bool operator==(const QuotaAmount&) const = default;
};

/// The greatest number of bytes or messages in a rule, and the greatest percentage.
inline constexpr std::uint64_t max_quota_value = std::uint64_t{1} << 56;
inline constexpr std::uint64_t max_quota_percent = 1000;

/// quota_rule: what holds for the mailboxes that a mask names.
struct QuotaRule {
    std::string mask;     ///< a mailbox's name; "*" stands for any characters, "?" for one; "*" alone: everything
    bool ignore = false;  ///< messages there are not counted and always fit
    QuotaAmount storage;  ///< bytes
    QuotaAmount messages;
    bool operator==(const QuotaRule&) const = default;
};
/// "<mask>:storage=<number>[K|M|G|T|%][:messages=<number>[%]]" (a "+" or "-" before a number: relative to the rule
/// "*"), with "bytes=" for storage counted in bytes, or "<mask>:ignore". Storage without a unit is in KiB, as in
/// Dovecot; "%%" is taken as "%". invalid: it makes no sense; the rule "*" can be neither relative nor ignored.
Result<QuotaRule> parse_quota_rule(std::string_view text);

/// quota_warning: when the usage grows to so much of the limit, the user is told.
struct QuotaWarning {
    enum class Of { storage, messages };
    Of of = Of::storage;
    std::uint64_t percent = 0;  ///< 1 to 100
    bool operator==(const QuotaWarning&) const = default;
};
/// "storage=80%" or "messages=80%". invalid.
Result<QuotaWarning> parse_quota_warning(std::string_view text);

/// quota_grace: by how much the last message may exceed the limit: "10%" of it, or a size such as "50M". invalid.
Result<QuotaAmount> parse_quota_grace(std::string_view text);

}  // namespace posthouse::config
