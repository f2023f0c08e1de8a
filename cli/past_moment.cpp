// Moments in the past that people give.
#include "cli/past_moment.h"

#include <chrono>

#include "cli/moment.h"
#include "lib/base/ascii.h"
#include "lib/config/value.h"

namespace posthouse::cli {
namespace {

constexpr std::int64_t ms = 1000;

/// "09:30" or "09:30:15", in seconds.
std::optional<std::int64_t> time_of_day(std::string_view text) {
    if (text.size() == 5) {
        const std::string whole = std::string(text) + ":00";
        return time_of_day(whole);
    }
    if (text.size() != 8 || text[2] != ':' || text[5] != ':') return std::nullopt;
    const auto hour = ascii::parse_number(text.substr(0, 2));
    const auto minute = ascii::parse_number(text.substr(3, 2));
    const auto second = ascii::parse_number(text.substr(6));
    if (!hour || !minute || !second || *hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
    return static_cast<std::int64_t>(*hour * 3600 + *minute * 60 + *second);
}

}  // namespace

std::optional<std::int64_t> past_moment(std::string_view text, std::int64_t now) {
    if (const std::optional<config::Duration> ago = config::parse_duration(text)) return now - ago->count();
    const std::optional<std::int64_t> day = parse_moment(text.substr(0, 10), 0);
    if (!day || text.size() < 10) return std::nullopt;
    if (text.size() == 10) return *day * ms;
    if (text[10] != 'T' && text[10] != ' ') return std::nullopt;
    const std::optional<std::int64_t> time = time_of_day(text.substr(11));
    if (!time) return std::nullopt;
    return (*day + *time) * ms;
}

}  // namespace posthouse::cli
