// Whether there is room for what is to be sent: the rates of all kinds against their limits. Pure but for the clock.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "guardd/bans.h"
#include "guardd/rate.h"
#include "guardd/rates.h"

namespace posthouse::guard {

struct RateRules {
    KindLimits limits{};
    std::size_t entries = 20'000;  ///< most subjects of each kind whose rates are known
};

/// A limit was met for the first time within an hour.
struct LimitMet {
    RateSubject subject;
    Measure measure;
    Period period;
    std::uint64_t limit;
};

/// Why something may not be sent.
struct Refusal {
    bool for_good;            ///< it never fits
    std::string_view status;  ///< RFC 3463
    /// "Too many recipients: joe@example.org may have 1000 in an hour; try again in 5 minutes"
    std::string text;
};

class RateAnswers {
  public:
    RateAnswers(std::size_t entries, Bans::WallClock now);
    /// After a reload.
    void set(std::size_t entries);

    /// Those that have a limit of what is to be counted.
    static std::vector<RateSubject> limited(std::vector<RateSubject> subjects, const Amounts& more,
                                            const KindLimits& limits);
    /// Of the first of them that has no room for `more`.
    std::optional<Refusal> refusal(const std::vector<RateSubject>& subjects, const Amounts& more,
                                   const KindLimits& limits);
    void count(const std::vector<RateSubject>& subjects, const Amounts& more, WallTime at);
    /// Nothing was counted of it. False: nothing was.
    bool reset(const RateSubject& subject);

    /// Subjects that are known.
    std::size_t size() const;
    /// At most `most` rates of the kind `first` after the name `after`, and of the kinds behind it.
    std::vector<Rate> list(RateKind first, std::string_view after, std::size_t most) const;
    /// What changed since it was last asked.
    std::vector<LimitMet> take_limits_met() { return std::exchange(limits_met_, {}); }

    /// By RateKind.
    using Entries = std::array<std::vector<Rates::Entry>, rate_kinds>;
    Entries entries() const;
    /// Adds the entries of a snapshot.
    void restore(const Entries& entries);

  private:
    Rates& of(const RateSubject& subject) { return rates_[index(subject.kind)]; }

    Bans::WallClock now_;
    std::array<Rates, rate_kinds> rates_;
    std::vector<LimitMet> limits_met_;
};

}  // namespace posthouse::guard
