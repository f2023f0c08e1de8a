// Rate: how much was sent within each of the periods, of whom it is counted, and its form in JSON, in which guardd
// keeps it and tells it.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "guardd/ban.h"
#include "lib/base/result.h"

namespace posthouse::guard {

/// Whose mail is counted together.
enum class RateKind {
    client,         ///< a client network, of which nobody has logged in
    user,           ///< who has logged in
    sender_domain,  ///< the domain of senders, of who has not logged in
    user_domain,    ///< the domain of senders, of who has: strangers that use its name don't count here
};
inline constexpr std::size_t rate_kinds = 4;

enum class Measure { connections, messages, recipients };
inline constexpr std::array measures{Measure::connections, Measure::messages, Measure::recipients};

enum class Period { hour, day };

/// What there is to know of a period.
struct PeriodFacts {
    Period period;
    std::string_view name;
    std::string_view article;  ///< "an" hour, "a" day
    std::chrono::milliseconds length;
};

/// In the order of Period, the longest last: what lies before it counts nowhere any more.
inline constexpr std::array periods{
    PeriodFacts{Period::hour, "hour", "an", std::chrono::hours(1)},
    PeriodFacts{Period::day, "day", "a", std::chrono::hours(24)},
};

/// Of each Measure.
using Amounts = std::array<std::uint64_t, measures.size()>;
/// Of each Period.
using PeriodAmounts = std::array<Amounts, periods.size()>;
/// The most of each measure in each period; 0: no limit.
using RateLimits = PeriodAmounts;
/// Of each RateKind.
using KindLimits = std::array<RateLimits, rate_kinds>;

constexpr std::size_t index(RateKind kind) { return static_cast<std::size_t>(kind); }
constexpr std::size_t index(Measure measure) { return static_cast<std::size_t>(measure); }
constexpr std::size_t index(Period period) { return static_cast<std::size_t>(period); }
static_assert(std::ranges::is_sorted(periods, {}, &PeriodFacts::length));
static_assert(std::ranges::all_of(periods,
                                  [](const PeriodFacts& facts) { return &facts == &periods[index(facts.period)]; }));

/// "client", "user", "sender_domain", "user_domain"
std::string_view name_of(RateKind kind);
/// "connections", "messages", "recipients"
std::string_view name_of(Measure measure);
constexpr const PeriodFacts& facts_of(Period period) { return periods[index(period)]; }
std::optional<RateKind> rate_kind_named(std::string_view name);

struct RateSubject {
    RateKind kind = RateKind::client;
    std::string name;  ///< as client_network() has it, an address, a domain: in lower case
    auto operator<=>(const RateSubject&) const = default;
};

/// Errors: invalid, when the name is empty, too long, no UTF-8, or has control characters.
Result<RateSubject> rate_subject(RateKind kind, std::string_view name);

/// How much a subject has used of its limits.
struct Rate {
    RateSubject subject;
    PeriodAmounts used{};
    bool operator==(const Rate&) const = default;
};

/// {"kind": …, "name": …, "hour": [connections, messages, recipients], "day": […]}; of a period that is missing,
/// nothing.
nlohmann::json to_json(const Rate& rate);
/// Errors: invalid.
Result<Rate> rate_from(const nlohmann::json& document);
/// [connections, messages, recipients]; more than any count can be is no amount. Errors: invalid.
Result<Amounts> amounts_from(const nlohmann::json& document);

}  // namespace posthouse::guard
