// Moments in the past that people give.
#include "cli/past_moment.h"

#include <chrono>

#include "cli/moment.h"
#include "lib/base/ascii.h"
#include "lib/config/value.h"

namespace posthouse::cli {
namespace {

constexpr std::int64_t ms = 1000;

/// "09:30", "09:30:15" or "09:30:15.042", in milliseconds.
std::optional<std::int64_t> time_of_day(std::string_view text) {
    std::string whole(text);
    if (whole.size() == 5) whole += ":00";
    if (whole.size() == 8) whole += ".000";
    if (whole.size() != 12 || whole[2] != ':' || whole[5] != ':' || whole[8] != '.') return std::nullopt;
    const std::string_view parts = whole;
    const auto hour = ascii::parse_number(parts.substr(0, 2));
    const auto minute = ascii::parse_number(parts.substr(3, 2));
    const auto second = ascii::parse_number(parts.substr(6, 2));
    const auto thousandth = ascii::parse_number(parts.substr(9));
    if (!hour || !minute || !second || !thousandth || *hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
    return static_cast<std::int64_t>((*hour * 3600 + *minute * 60 + *second) * 1000 + *thousandth);
}

}  // namespace

std::optional<std::int64_t> past_moment(std::string_view text, std::int64_t now) {
    if (const std::optional<config::Duration> ago = config::parse_duration(text)) return now - ago->count();
    const std::optional<std::int64_t> day = parse_moment(text.substr(0, 10), 0);
    if (!day || text.size() < 10) return std::nullopt;
    if (text.size() == 10) return *day * ms;
    if (text[10] != 'T' && text[10] != ' ') return std::nullopt;
    // As the log and the story write it: in UTC.
    if (text.ends_with('Z')) text.remove_suffix(1);
    const std::optional<std::int64_t> time = time_of_day(text.substr(11));
    if (!time) return std::nullopt;
    return *day * ms + *time;
}

}  // namespace posthouse::cli
