// Rates in windows that slide.
#include "guardd/rates.h"

#include <algorithm>
#include <cmath>
#include <ranges>

namespace posthouse::guard {
namespace {

constexpr double rounding = 1e-6;

std::int64_t number_of(Period period, WallTime now) { return now / facts_of(period).length; }

/// Nothing within it counts any more.
bool is_over(const Rates::Windows& windows, WallTime now) {
    return windows.back().number < number_of(periods.back().period, now) - 1;
}

/// The window as it is now. One of the next hour is kept, for a clock that was set back a little; one of a later time
/// can't be meant.
Rates::Window turned(const Rates::Window& window, Period period, WallTime now) {
    const std::int64_t number = number_of(period, now);
    if (window.number == number || window.number == number + 1) return window;
    if (window.number == number - 1) return {number, window.current, {}};
    return {number, {}, {}};
}

/// How much of the window has passed.
WallTime passed(const Rates::Window& window, Period period, WallTime now) {
    return window.number > number_of(period, now) ? WallTime::zero() : now % facts_of(period).length;
}

double used(const Rates::Window& window, Period period, Measure measure, WallTime now) {
    const auto length = static_cast<double>(facts_of(period).length.count());
    const double left = 1 - static_cast<double>(passed(window, period, now).count()) / length;
    return static_cast<double>(window.previous[index(measure)]) * left +
           static_cast<double>(window.current[index(measure)]);
}

/// How long until no more than `room` is used.
std::chrono::milliseconds wait_for(const Rates::Window& window, Period period, Measure measure, double room,
                                   WallTime now) {
    const auto length = static_cast<double>(facts_of(period).length.count());
    const auto elapsed = static_cast<double>(passed(window, period, now).count());
    const auto previous = static_cast<double>(window.previous[index(measure)]);
    const auto current = static_cast<double>(window.current[index(measure)]);
    const double until = current <= room ? length * (1 - (room - current) / previous)  // what was before fades
                                         : length * (2 - room / current);              // in the next window
    return std::chrono::milliseconds(std::llround(std::ceil(std::max(0.0, until - elapsed))));
}

std::uint64_t weight_of(const Rates::Window& window) {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < window.current.size(); ++i) sum += window.previous[i] + window.current[i];
    return sum;
}

}  // namespace

void Rates::set(std::size_t capacity) {
    capacity_ = capacity;
    while (counts_.size() > capacity_) erase(lightest_.begin()->second);
}

std::optional<Excess> Rates::excess(std::string_view name, const Amounts& more, const RateLimits& limits,
                                    WallTime now) const {
    const auto found = counts_.find(name);
    std::optional<Excess> worst;
    for (const Period period : periods | std::views::transform(&PeriodFacts::period)) {
        const Window window =
            found == counts_.end() ? Window{} : turned(found->second.windows[index(period)], period, now);
        for (const Measure measure : measures) {
            const std::uint64_t limit = limits[index(period)][index(measure)];
            const std::uint64_t added = more[index(measure)];
            if (limit == 0 || added == 0) continue;
            if (added > limit) return Excess{measure, period, limit, std::nullopt};
            const auto room = static_cast<double>(limit - added);
            if (used(window, period, measure, now) <= room + rounding) continue;
            const std::chrono::milliseconds wait = wait_for(window, period, measure, room, now);
            if (!worst || wait > *worst->wait) worst = {measure, period, limit, wait};
        }
    }
    return worst;
}

void Rates::weigh(Map::iterator at) {
    lightest_.erase(at->second.weight);
    at->second.weight = {weight_of(at->second.windows.back()), ++changes_};
    lightest_.emplace(at->second.weight, at);
}

void Rates::erase(Map::iterator at) {
    lightest_.erase(at->second.weight);
    order_.erase(at->second.place);
    counts_.erase(at);
}

void Rates::make_room(std::size_t room, WallTime now) {
    while (!order_.empty() && is_over(order_.front()->second.windows, now)) erase(order_.front());
    while (!counts_.empty() && counts_.size() + room > capacity_) erase(lightest_.begin()->second);
}

Rates::Counts& Rates::touch(std::string_view name, WallTime now) {
    const auto found = counts_.find(name);
    if (found != counts_.end()) {
        order_.splice(order_.end(), order_, found->second.place);
        return found->second;
    }
    make_room(1, now);
    const auto added = counts_.emplace(name, Counts{}).first;
    added->second.place = order_.insert(order_.end(), added);
    weigh(added);
    return added->second;
}

void Rates::add(std::string_view name, const Amounts& more, WallTime now) {
    Counts& counts = touch(name, now);
    for (const Period period : periods | std::views::transform(&PeriodFacts::period)) {
        Window& window = counts.windows[index(period)];
        window = turned(window, period, now);
        for (std::size_t i = 0; i < more.size(); ++i)
            window.current[i] = std::min(most, window.current[i] + std::min(most, more[i]));
    }
    weigh(*counts.place);
}

bool Rates::reset(std::string_view name) {
    const auto found = counts_.find(name);
    if (found == counts_.end()) return false;
    erase(found);
    return true;
}

bool Rates::first_in_hour(std::string_view name, WallTime now) {
    const auto found = counts_.find(name);
    if (found == counts_.end()) return false;
    return std::exchange(found->second.asked_hour, number_of(Period::hour, now)) != number_of(Period::hour, now);
}

std::vector<std::pair<std::string, PeriodAmounts>> Rates::list(std::string_view after, std::size_t limit,
                                                               WallTime now) const {
    std::vector<std::pair<std::string, PeriodAmounts>> all;
    for (auto at = counts_.upper_bound(after); at != counts_.end() && all.size() < limit; ++at) {
        PeriodAmounts amounts{};
        for (const Period period : periods | std::views::transform(&PeriodFacts::period)) {
            const Window window = turned(at->second.windows[index(period)], period, now);
            for (const Measure measure : measures)
                amounts[index(period)][index(measure)] =
                    std::min(most, static_cast<std::uint64_t>(std::ceil(used(window, period, measure, now))));
        }
        if (amounts != PeriodAmounts{}) all.emplace_back(at->first, amounts);
    }
    return all;
}

std::vector<Rates::Entry> Rates::entries(WallTime now) const {
    std::vector<Entry> all;
    for (const auto& at : order_)
        if (!is_over(at->second.windows, now)) all.push_back({at->first, at->second.windows});
    return all;
}

void Rates::restore(const std::vector<Entry>& entries, WallTime now) {
    for (const Entry& entry : entries) {
        Counts& counts = touch(entry.name, now);
        counts.windows = entry.windows;
        weigh(*counts.place);
    }
}

}  // namespace posthouse::guard
