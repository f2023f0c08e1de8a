// Scores that halve with time, by name, in bounded memory. Pure: the caller tells the time.
#pragma once

#include <chrono>
#include <cstddef>
#include <list>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::guard {

/// A steady time, from any origin.
using Time = std::chrono::milliseconds;

/// Names with a score each. When there is no room for one more, the one that was set longest ago is forgotten.
class DecayingScores {
  public:
    /// An entry, as a snapshot keeps it.
    struct Entry {
        std::string name;
        double score = 0;  ///< when it was last changed
        Time age{};        ///< how long ago that was
    };

    DecayingScores(std::size_t capacity, Time half_life) : capacity_(capacity), half_life_(half_life) {}
    /// New bounds; what is too much is forgotten.
    void set(std::size_t capacity, Time half_life);

    /// The score now; 0 for unknown names.
    double score(std::string_view name, Time now) const;
    /// Sets the score.
    void put(std::string_view name, double score, Time now);
    /// Takes `amount` off the score, not below 0. What is next to nothing then is forgotten.
    void lower(std::string_view name, double amount, Time now);

    /// Forgets all names that begin with `beginning`.
    void forget(std::string_view beginning);
    /// Whether a name that begins with `beginning` has a score of at least `least`. Looks at all of these names.
    bool any(std::string_view beginning, double least, Time now) const;

    std::size_t size() const { return scores_.size(); }
    /// All entries, those set longest ago first.
    std::vector<Entry> entries(Time now) const;
    /// Adds the entries of a snapshot, in its order.
    void restore(const std::vector<Entry>& entries, Time now);

  private:
    struct Score;
    using Scores = std::map<std::string, Score, std::less<>>;  // a tree: names come from strangers
    struct Score {
        double value = 0;
        Time changed{};
        std::list<Scores::const_iterator>::iterator place;
    };
    double decayed(const Score& score, Time now) const;
    Score& touch(std::string_view name);
    void forget_oldest();

    std::size_t capacity_;
    Time half_life_;
    Scores scores_;
    std::list<Scores::const_iterator> order_;  // set longest ago first
};

}  // namespace posthouse::guard
