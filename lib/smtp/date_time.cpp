// Date and time of RFC 3339.
#include "lib/smtp/date_time.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

#include "lib/base/ascii.h"

namespace posthouse::smtp {
namespace {

/// Takes exactly `digits` digits off the front, and `after` behind them when that isn't NUL; -1: they aren't there.
int take_number(std::string_view& text, std::size_t digits, char after) {
    if (text.size() < digits + (after == '\0' ? 0 : 1)) return -1;
    const auto number = ascii::parse_number(text.substr(0, digits));
    if (!number || (after != '\0' && ascii::to_upper(text[digits]) != after)) return -1;
    text.remove_prefix(digits + (after == '\0' ? 0 : 1));
    return static_cast<int>(*number);
}

/// Takes ".123…" off the front; false when no digit follows the dot.
bool drop_fraction(std::string_view& text) {
    if (!text.starts_with('.')) return true;
    const std::size_t end = std::min(text.find_first_not_of("0123456789", 1), text.size());
    text.remove_prefix(end);
    return end > 1;
}

/// The offset from UTC in minutes: "Z", "+01:00", "-08:00".
std::optional<int> parse_offset(std::string_view text) {
    if (ascii::iequals(text, "Z")) return 0;
    if (text.empty() || (text[0] != '+' && text[0] != '-')) return std::nullopt;
    const int sign = text[0] == '-' ? -1 : 1;
    text.remove_prefix(1);
    const int hours = take_number(text, 2, ':');
    const int minutes = take_number(text, 2, '\0');
    if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59 || !text.empty()) return std::nullopt;
    return sign * (hours * 60 + minutes);
}

}  // namespace

std::optional<std::int64_t> parse_date_time(std::string_view text) {
    using namespace std::chrono;
    const int years = take_number(text, 4, '-');
    const int months = take_number(text, 2, '-');
    const int days = take_number(text, 2, 'T');
    const int hour = take_number(text, 2, ':');
    const int minute = take_number(text, 2, ':');
    const int second = take_number(text, 2, '\0');
    if (years < 0 || months < 0 || days < 0 || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 ||
        second > 60 || !drop_fraction(text)) {
        return std::nullopt;
    }
    const year_month_day date(year(years), month(static_cast<unsigned>(months)), day(static_cast<unsigned>(days)));
    const auto offset = parse_offset(text);
    if (!date.ok() || !offset) return std::nullopt;
    const sys_seconds moment = sys_days(date) + hours(hour) + minutes(minute - *offset) + seconds(second);
    const std::int64_t time = moment.time_since_epoch().count();
    if (time < year_0 || time >= year_10000) return std::nullopt;
    return time;
}

std::string format_date_time(std::int64_t time) {
    using namespace std::chrono;
    const sys_seconds moment{seconds(std::clamp(time, year_0, year_10000 - 1))};
    const sys_days date_of = floor<days>(moment);
    const year_month_day date(date_of);
    const hh_mm_ss clock(moment - date_of);
    std::array<char, 64> text{};
    const int length = std::snprintf(
        text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()),
        static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
        static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()));
    return {text.data(), static_cast<std::size_t>(length)};
}

}  // namespace posthouse::smtp
