// Date-times of header fields.
#include "lib/mime/date.h"

#include <algorithm>
#include <array>
#include <string>

#include "lib/base/ascii.h"
#include "lib/mime/scanner.h"

namespace posthouse::mime {
namespace {

constexpr std::array<std::string_view, 12> months = {"jan", "feb", "mar", "apr", "may", "jun",
                                                     "jul", "aug", "sep", "oct", "nov", "dec"};
/// Longer runs of digits are no part of a date.
constexpr std::size_t longest_number = 9;
constexpr int unset = -1;

struct NamedZone {
    std::string_view name;
    std::int32_t minutes;
};
/// The names of RFC 5322 §4.3, and the European ones that mail really carries.
constexpr std::array<NamedZone, 14> zones = {{{"ut", 0},
                                              {"gmt", 0},
                                              {"utc", 0},
                                              {"edt", -240},
                                              {"est", -300},
                                              {"cdt", -300},
                                              {"cst", -360},
                                              {"mdt", -360},
                                              {"mst", -420},
                                              {"pdt", -420},
                                              {"pst", -480},
                                              {"bst", 60},
                                              {"cet", 60},
                                              {"cest", 120}}};

bool is_leap(std::int64_t year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

int days_in_month(std::int64_t year, int month) {
    constexpr std::array<int, 12> days = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && is_leap(year) ? 29 : days.at(static_cast<std::size_t>(month - 1));
}

/// Collects the parts of a date in whatever order they come.
class DateReader {
  public:
    explicit DateReader(std::string_view value) : in_(value) {}

    std::optional<DateTime> read() {
        while (true) {
            in_.skip_cfws();
            if (in_.at_end()) break;
            const char c = in_.peek();
            bool good = true;
            if (ascii::is_digit(c)) {
                good = number();
            } else if (ascii::is_alpha(c)) {
                word();
            } else if ((c == '+' || c == '-') && hour_ != unset && !zone_seen_) {
                numeric_zone();
            } else {
                in_.advance();
            }
            if (!good) return std::nullopt;
        }
        return finish();
    }

  private:
    std::string_view digits() {
        const std::size_t start = in_.position();
        while (ascii::is_digit(in_.peek())) in_.advance();
        return in_.text().substr(start, in_.position() - start);
    }

    static int value_of(std::string_view text) {
        return text.size() > longest_number ? unset : static_cast<int>(ascii::parse_number(text).value_or(0));
    }

    bool number() {
        const std::string_view text = digits();
        const int value = value_of(text);
        if (hour_ == unset) {
            in_.skip_cfws();  // "09 : 55" is an obsolete form
            if (in_.at(':')) return time(value);
        }
        if (text.size() == 4 && day_ == unset && month_ == unset && year_ == unset) {
            iso_ = true;  // 1997-11-21
            year_ = value;
        } else if (iso_ && month_ == unset && text.size() <= 2) {
            month_ = value;
        } else if (day_ == unset && text.size() <= 2) {
            day_ = value;
        } else if (year_ == unset && text.size() >= 2 && text.size() <= 4) {
            year_ = value;
            if (text.size() == 2) year_ += value < 50 ? 2000 : 1900;
            if (text.size() > 2 && value < 1000) year_ += 1900;  // "102", "0102": years since 1900
        }
        return value != unset;
    }

    /// Behind the hour, at the first colon.
    bool time(int hour) {
        hour_ = hour;
        in_.advance();
        in_.skip_cfws();
        minute_ = value_of(digits());
        second_ = 0;
        in_.skip_cfws();
        if (in_.take(':')) {
            in_.skip_cfws();
            second_ = value_of(digits());
            if (in_.take('.')) digits();
        }
        return hour_ != unset && minute_ != unset && second_ != unset;
    }

    void word() {
        const std::size_t start = in_.position();
        while (ascii::is_alpha(in_.peek())) in_.advance();
        const std::string name =
            ascii::lower(in_.text().substr(start, std::min<std::size_t>(in_.position() - start, 9)));
        if (month_ == unset && name.size() >= 3) {
            const auto* const month = std::ranges::find(months, std::string_view(name).substr(0, 3));
            if (month != months.end()) {
                month_ = static_cast<int>(month - months.begin()) + 1;
                return;
            }
        }
        if (hour_ == unset) return;
        if (name == "pm" && hour_ < 12) hour_ += 12;
        if (name == "am" && hour_ == 12) hour_ = 0;
        if (zone_seen_) return;
        const auto* const zone = std::ranges::find(zones, name, &NamedZone::name);
        if (zone != zones.end()) {
            zone_ = zone->minutes;
            // "GMT+0200": the number counts.
            zone_seen_ = !in_.at('+') && !in_.at('-');
        }
    }

    void numeric_zone() {
        const bool west = in_.peek() == '-';
        in_.advance();
        const std::string_view text = digits();
        if (text.empty()) return;
        int value = value_of(text);
        if (text.size() <= 2 && value != unset) {
            value *= 100;
            if (in_.take(':')) value += std::max(0, value_of(digits()));
        }
        zone_seen_ = true;
        const int minutes = value / 100 * 60 + value % 100;
        if (value == unset || value % 100 >= 60 || minutes >= 24 * 60) return;
        zone_ = west ? -minutes : minutes;
    }

    std::optional<DateTime> finish() const {
        const bool whole = day_ != unset && month_ != unset && year_ != unset;
        if (!whole || year_ < 1900 || month_ < 1 || month_ > 12 || day_ < 1 || day_ > days_in_month(year_, month_)) {
            return std::nullopt;
        }
        const int hour = std::max(hour_, 0);
        if (hour > 23 || minute_ > 59 || second_ > 60) return std::nullopt;
        const std::int64_t local = seconds_of_day(year_, month_, day_) + std::int64_t{hour} * 3600 +
                                   std::int64_t{minute_} * 60 + std::min(second_, 59);
        return DateTime{local - std::int64_t{zone_} * 60, zone_};
    }

    Scanner in_;
    bool iso_ = false;
    int day_ = unset, month_ = unset, year_ = unset;
    int hour_ = unset, minute_ = 0, second_ = 0;
    std::int32_t zone_ = 0;
    bool zone_seen_ = false;
};

}  // namespace

std::optional<DateTime> parse_date(std::string_view value) { return DateReader(value).read(); }

std::int64_t seconds_of_day(std::int64_t year, int month, int day) {
    // Days since 0000-03-01 in eras of 400 years; a year starts in March, so that the leap day is its last.
    const std::int64_t shifted = month <= 2 ? year - 1 : year;
    const std::int64_t era = (shifted >= 0 ? shifted : shifted - 399) / 400;
    const std::int64_t year_of_era = shifted - era * 400;
    const std::int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    const std::int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    constexpr std::int64_t days_to_1970 = 719468;
    return (era * 146097 + day_of_era - days_to_1970) * 86400;
}

}  // namespace posthouse::mime
