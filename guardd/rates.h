// Rates: how much subjects have sent in the last hour, the last day (table `periods`), in bounded memory. Pure: the
// caller tells the time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "guardd/ban.h"
#include "guardd/rate.h"

namespace posthouse::guard {

/// A limit that would be exceeded.
struct Excess {
    Measure measure;
    Period period;
    std::uint64_t limit;
    std::optional<std::chrono::milliseconds>
        wait;  ///< until there is room again; nullopt: there never is, it is too much
};

/// Counts of subjects of one kind. The last hour is what was counted in the present one of the clock, and of the one
/// before it the part that still lies within the last 60 minutes, as if that had come evenly; a day likewise. So a
/// subject needs two numbers, whatever it sends, and a limit can't be used up twice around the turn of an hour.
///
/// When there is no room for one more name, those of which nothing counts any more go first, then the one that has sent
/// least: whoever appears under many names pushes out such names, not somebody who is near a limit.
class Rates {
  public:
    /// What was counted within one period, and within the one before.
    struct Window {
        std::int64_t number = 0;  ///< of the period since 1970
        Amounts previous{};
        Amounts current{};
        bool operator==(const Window&) const = default;
    };
    /// Of each Period.
    using Windows = std::array<Window, periods.size()>;
    /// A subject, as a snapshot keeps it.
    struct Entry {
        std::string name;
        Windows windows{};
        bool operator==(const Entry&) const = default;
    };
    /// Counts end here.
    static constexpr std::uint64_t most = 1'000'000'000'000;

    explicit Rates(std::size_t capacity) : capacity_(capacity) {}
    Rates(const Rates&) = delete;
    Rates& operator=(const Rates&) = delete;
    /// What is too much is forgotten.
    void set(std::size_t capacity);

    /// The limit that `more` would exceed; of several the one that has to be waited for longest.
    std::optional<Excess> excess(std::string_view name, const Amounts& more, const RateLimits& limits,
                                 WallTime now) const;
    void add(std::string_view name, const Amounts& more, WallTime now);
    /// Nothing was counted of it. False: nothing was.
    bool reset(std::string_view name);
    /// Whether it is the first time within this hour that this is asked of that name; false for unknown names.
    bool first_in_hour(std::string_view name, WallTime now);

    std::size_t size() const { return counts_.size(); }
    /// At most `limit` names after `after`, in their order, and what they have used, rounded up.
    std::vector<std::pair<std::string, PeriodAmounts>> list(std::string_view after, std::size_t limit,
                                                            WallTime now) const;
    /// All that still counts, what was changed longest ago first.
    std::vector<Entry> entries(WallTime now) const;
    /// Adds the entries of a snapshot, in its order.
    void restore(const std::vector<Entry>& entries, WallTime now);

  private:
    struct Counts;
    using Map = std::map<std::string, Counts, std::less<>>;  // a tree: names come from strangers
    using Weight =
        std::pair<std::uint64_t, std::uint64_t>;  ///< what was sent in two of the longest periods; when it changed
    struct Counts {
        Windows windows{};
        Weight weight{};
        std::int64_t asked_hour = -1;
        std::list<Map::iterator>::iterator place;
    };
    Counts& touch(std::string_view name, WallTime now);
    void weigh(Map::iterator at);
    void erase(Map::iterator at);
    void make_room(std::size_t room, WallTime now);

    std::size_t capacity_;
    Map counts_;
    std::list<Map::iterator> order_;            // changed longest ago first
    std::map<Weight, Map::iterator> lightest_;  // first
    std::uint64_t changes_ = 0;
};

}  // namespace posthouse::guard
