// Dates of IMAP, by the calendar arithmetic of <chrono>.
#include "lib/imap/date_time.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <string_view>

#include "lib/base/ascii.h"

namespace posthouse::imap {
namespace {

constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::int64_t kSecondsPerDay = 86'400;

/// Exactly `digits` digits.
int read_digits(Arguments& arguments, int digits) {
    int value = 0;
    for (int i = 0; i < digits; ++i) {
        const char c = arguments.peek();
        if (!ascii::is_digit(c)) {
            arguments.fail("Invalid date");
            return 0;
        }
        arguments.accept(c);
        value = value * 10 + (c - '0');
    }
    return value;
}

/// "-Feb-1994" after the day; the date must exist.
Day read_month_and_year(Arguments& arguments, int day) {
    unsigned month = 0;
    if (arguments.accept('-')) {
        for (unsigned i = 0; i < kMonths.size(); ++i) {
            if (arguments.accept_text(kMonths.at(i))) {
                month = i + 1;
                break;
            }
        }
    }
    if (month == 0 || !arguments.accept('-')) {
        arguments.fail("Invalid date");
        return {};
    }
    const int year = read_digits(arguments, 4);
    const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{month},
                                           std::chrono::day{static_cast<unsigned>(day)}};
    if (arguments.failed() || !date.ok()) {
        arguments.fail("Invalid date");
        return {};
    }
    return Day{std::chrono::sys_days{date}.time_since_epoch().count()};
}

std::int64_t floor_divide(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

}  // namespace

Day day_of(std::int64_t seconds, int zone_minutes) {
    return Day{floor_divide(seconds + std::int64_t{zone_minutes} * 60, kSecondsPerDay)};
}

Day read_date(Arguments& arguments) {
    const bool quoted = arguments.accept('"');
    int day = read_digits(arguments, 1);
    if (ascii::is_digit(arguments.peek())) day = day * 10 + read_digits(arguments, 1);
    const Day date = read_month_and_year(arguments, day);
    if (quoted) arguments.expect('"');
    return date;
}

DateTime read_date_time(Arguments& arguments) {
    arguments.expect('"');
    // date-day-fixed: (SP DIGIT) / 2DIGIT; one digit alone is what some clients send.
    arguments.accept(' ');
    int day = read_digits(arguments, 1);
    if (ascii::is_digit(arguments.peek())) day = day * 10 + read_digits(arguments, 1);
    const Day date = read_month_and_year(arguments, day);
    arguments.expect(' ');
    const int hour = read_digits(arguments, 2);
    arguments.expect(':');
    const int minute = read_digits(arguments, 2);
    arguments.expect(':');
    const int second = read_digits(arguments, 2);
    arguments.expect(' ');
    const bool west = arguments.peek() == '-';
    if (!west && arguments.peek() != '+') arguments.fail("Invalid date");
    arguments.accept(arguments.peek());
    const int zone_hours = read_digits(arguments, 2);
    const int zone_minutes = read_digits(arguments, 2);
    arguments.expect('"');
    // A leap second is 60.
    if (hour > 23 || minute > 59 || second > 60 || zone_hours > 23 || zone_minutes > 59) arguments.fail("Invalid date");
    if (arguments.failed()) return {};
    DateTime moment;
    moment.zone_minutes = (zone_hours * 60 + zone_minutes) * (west ? -1 : 1);
    const int second_of_day = hour * 3600 + minute * 60 + second;
    moment.seconds = date.days * kSecondsPerDay + second_of_day - std::int64_t{60} * moment.zone_minutes;
    return moment;
}

void append_date_time(std::string& out, const DateTime& moment) {
    constexpr std::int64_t kYear0 = -62'167'219'200;
    constexpr std::int64_t kLastOf9999 = 253'402'300'799;
    const int zone = std::clamp(moment.zone_minutes, -1439, 1439);
    const std::int64_t local =
        std::clamp(std::clamp(moment.seconds, kYear0, kLastOf9999) + std::int64_t{60} * zone, kYear0, kLastOf9999);
    const std::int64_t days = floor_divide(local, kSecondsPerDay);
    const auto second_of_day = static_cast<int>(local - days * kSecondsPerDay);
    const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{days}}};
    const int distance = zone < 0 ? -zone : zone;
    const std::string month(kMonths.at(static_cast<unsigned>(date.month()) - 1));
    std::array<char, 64> text{};
    const int length = std::snprintf(text.data(), text.size(), "\"%2u-%s-%04d %02d:%02d:%02d %c%02d%02d\"",
                                     static_cast<unsigned>(date.day()), month.c_str(), static_cast<int>(date.year()),
                                     second_of_day / 3600, second_of_day / 60 % 60, second_of_day % 60,
                                     zone < 0 ? '-' : '+', distance / 60, distance % 60);
    out.append(text.data(), static_cast<std::size_t>(length));
}

}  // namespace posthouse::imap
