// DoubleBounces: how many reports the postmaster gets of messages whose sender can't be told.
#pragma once

#include <cstdint>
#include <string>

namespace posthouse::queued {

/// Anybody can send what neither arrives nor goes back: the postmaster gets so many reports a day (UTC), of which the
/// last says that it is, and the first of a later day how many were left out. Pure; `now` is seconds since 1970.
class DoubleBounces {
  public:
    /// `limit`: queued.double_bounce_day_limit; 0: any number.
    bool has_room(std::int64_t limit, std::int64_t now) const { return limit == 0 || today(now) < limit; }
    /// What the next report says beside its message; empty: nothing.
    std::string remark(std::int64_t limit, std::int64_t now) const {
        std::string text;
        if (untold_ > 0)
            text = "Reports of " + std::to_string(untold_) + " other such messages were left out since the last one. ";
        if (limit > 0 && today(now) + 1 >= limit)
            text += "This is the last of " + std::to_string(limit) +
                    " such reports today; further messages that are lost stand in the log (\"nobody is told\"). "
                    "queued.double_bounce_day_limit says how many there may be.";
        return text;
    }
    void add(std::int64_t now) {
        count_ = today(now) + 1;
        day_ = now / seconds_per_day;
        untold_ = 0;
    }
    void leave_out() { ++untold_; }

  private:
    static constexpr std::int64_t seconds_per_day = 86'400;
    std::int64_t today(std::int64_t now) const { return now / seconds_per_day == day_ ? count_ : 0; }

    std::int64_t day_ = 0;
    std::int64_t count_ = 0;
    std::uint64_t untold_ = 0;
};

}  // namespace posthouse::queued
