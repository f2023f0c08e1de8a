// LookupCache: what authd found in the directory, for a while.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "auth/directory/directory.h"

namespace posthouse::auth {

/// Answers are fresh for a time, and good in an outage for a longer one. Bounded in bytes: what was not used for the
/// longest time goes first. Thread-safe; the clock is injected.
class LookupCache {
  public:
    using Time = std::chrono::steady_clock::time_point;
    using Duration = std::chrono::milliseconds;
    struct Settings {
        Duration found{0};      ///< how long what was found is fresh; 0: never
        Duration not_found{0};  ///< the same for "there is none"
        Duration outage{0};     ///< how long either is good while the database is away
        std::size_t bytes = 0;
    };
    enum class Map : std::uint8_t {
        domain,
        relay_domain,
        relay_recipient,
        domain_alias,
        user,
        app_passwords,
        alias,
        responsible,
        list,
        list_posters,
        sender,
        transport,
        sending_limit
    };
    using Value = std::variant<bool, std::optional<std::string>, std::optional<User>, std::optional<RelayRecipients>,
                               std::optional<ListRules>, std::optional<SendingLimit>, std::vector<AppPassword>,
                               std::vector<std::string>>;

    explicit LookupCache(const Settings& settings) : settings_(settings) {}

    std::optional<Value> fresh(Map map, std::string_view key, Time now) { return find(map, key, now, false); }
    std::optional<Value> in_outage(Map map, std::string_view key, Time now) { return find(map, key, now, true); }

    /// Ask for it before the database is asked.
    std::uint64_t generation() const;
    /// Notes an answer that was asked for at `asked`; nothing is noted when forget() was called after `generation`.
    void remember(Map map, std::string_view key, Value value, std::uint64_t generation, Time asked);

    /// Forgets what belongs to the domains of these addresses and domains, and who is responsible or may send as whom
    /// in all domains; everything when there are none. How many answers that were.
    std::size_t forget(std::span<const std::string> names);
    /// The directory is of this version now: answers of an earlier one are good for an outage only.
    void expect(std::uint64_t version);
    std::size_t bytes() const;

  private:
    using Key = std::pair<Map, std::string>;
    struct Entry {
        Value value;
        Time asked;
        std::size_t bytes = 0;
        std::list<Key>::iterator use;  // in uses_
        std::uint64_t generation = 0;
    };
    using Entries = std::map<Key, Entry>;
    std::optional<Value> find(Map map, std::string_view key, Time now, bool outage);
    Entries::iterator erase(Entries::iterator entry);

    const Settings settings_;
    mutable std::mutex mutex_;
    Entries entries_;      // all below guarded by mutex_
    std::list<Key> uses_;  // the latest first
    std::size_t bytes_ = 0;
    std::uint64_t generation_ = 0;  // counts forget() and changes of version_
    std::uint64_t fresh_from_ = 0;  // the first generation of version_
    std::uint64_t version_ = 0;
};

}  // namespace posthouse::auth
