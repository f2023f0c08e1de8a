// Rates against their limits, and in words.
#include "guardd/rate_answers.h"

#include <algorithm>
#include <cstdint>

namespace posthouse::guard {
namespace {

/// "5 minutes", rounded up; from two hours on "3 hours", from two days on "3 days".
std::string in_words(std::chrono::milliseconds time) {
    const std::int64_t minutes = std::max<std::int64_t>(1, (time.count() + 59'999) / 60'000);
    if (minutes == 1) return "a minute";
    if (minutes < 120) return std::to_string(minutes) + " minutes";
    const std::int64_t hours = (minutes + 59) / 60;
    if (hours < 48) return std::to_string(hours) + " hours";
    return std::to_string((hours + 23) / 24) + " days";
}

Refusal refusal_for(const RateSubject& subject, const Excess& excess) {
    const PeriodFacts& period = facts_of(excess.period);
    const std::string text = "Too many " + std::string(name_of(excess.measure)) + ": " + subject.name + " may have " +
                             std::to_string(excess.limit) + " in " + std::string(period.article) + ' ' +
                             std::string(period.name);
    if (!excess.wait) return {true, "5.5.3", text + "; send to fewer at a time"};
    return {false, "4.7.1", text + "; try again in " + in_words(*excess.wait)};
}

}  // namespace

RateAnswers::RateAnswers(std::size_t entries, Bans::WallClock now)
    : now_(std::move(now)), rates_{Rates(entries), Rates(entries), Rates(entries), Rates(entries)} {}

void RateAnswers::set(std::size_t entries) {
    for (Rates& rates : rates_) rates.set(entries);
}

std::vector<RateSubject> RateAnswers::limited(std::vector<RateSubject> subjects, const Amounts& more,
                                              const KindLimits& limits) {
    std::erase_if(subjects, [&](const RateSubject& subject) {
        for (const Amounts& most : limits[index(subject.kind)])
            for (std::size_t i = 0; i < most.size(); ++i)
                if (most[i] > 0 && more[i] > 0) return false;
        return true;
    });
    return subjects;
}

std::optional<Refusal> RateAnswers::refusal(const std::vector<RateSubject>& subjects, const Amounts& more,
                                            const KindLimits& limits) {
    const WallTime now = now_();
    for (const RateSubject& subject : subjects) {
        Rates& rates = of(subject);
        const std::optional<Excess> excess = rates.excess(subject.name, more, limits[index(subject.kind)], now);
        if (!excess) continue;
        if (rates.first_in_hour(subject.name, now))
            limits_met_.push_back({subject, excess->measure, excess->period, excess->limit});
        return refusal_for(subject, *excess);
    }
    return std::nullopt;
}

void RateAnswers::count(const std::vector<RateSubject>& subjects, const Amounts& more, WallTime at) {
    for (const RateSubject& subject : subjects) of(subject).add(subject.name, more, at);
}

bool RateAnswers::reset(const RateSubject& subject) { return of(subject).reset(subject.name); }

std::size_t RateAnswers::size() const {
    std::size_t sum = 0;
    for (const Rates& rates : rates_) sum += rates.size();
    return sum;
}

std::vector<Rate> RateAnswers::list(RateKind first, std::string_view after, std::size_t most) const {
    const WallTime now = now_();
    std::vector<Rate> all;
    for (std::size_t kind = index(first); kind < rate_kinds && all.size() < most; ++kind) {
        for (auto& [name, used] : rates_[kind].list(after, most - all.size(), now))
            all.push_back({{static_cast<RateKind>(kind), std::move(name)}, used});
        after = {};
    }
    return all;
}

RateAnswers::Entries RateAnswers::entries() const {
    Entries entries;
    for (std::size_t kind = 0; kind < rate_kinds; ++kind) entries[kind] = rates_[kind].entries(now_());
    return entries;
}

void RateAnswers::restore(const Entries& entries) {
    for (std::size_t kind = 0; kind < rate_kinds; ++kind) rates_[kind].restore(entries[kind], now_());
}

}  // namespace posthouse::guard
