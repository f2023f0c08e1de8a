// Moments that people give.
#include "cli/moment.h"

#include <chrono>

#include "lib/base/ascii.h"
#include "lib/config/value.h"

namespace posthouse::cli {

std::optional<std::int64_t> parse_moment(std::string_view text, std::int64_t now) {
    if (const std::optional<config::Duration> time = config::parse_duration(text))
        return now + std::chrono::duration_cast<std::chrono::seconds>(*time).count();
    if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
    const auto year = ascii::parse_number(text.substr(0, 4));
    const auto month = ascii::parse_number(text.substr(5, 2));
    const auto day = ascii::parse_number(text.substr(8, 2));
    if (!year || !month || !day) return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*year)),
                                           std::chrono::month(static_cast<unsigned>(*month)),
                                           std::chrono::day(static_cast<unsigned>(*day))};
    if (!date.ok()) return std::nullopt;
    return std::chrono::seconds(std::chrono::sys_days(date).time_since_epoch()).count();
}

}  // namespace posthouse::cli
