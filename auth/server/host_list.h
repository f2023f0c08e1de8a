// HostList: which of several servers is used.
#pragma once

#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace posthouse::auth {

/// Hosts in the order of preference, each known to be away or not. Who cannot use a host says so, and who tries those
/// that are away says when one is back. Thread-safe.
class HostList {
  public:
    explicit HostList(std::vector<std::string> hosts) : hosts_(std::move(hosts)), away_(hosts_.size()) {}

    /// The first host that is not away.
    std::optional<std::string> first() const {
        const std::scoped_lock lock(mutex_);
        for (std::size_t i = 0; i < hosts_.size(); ++i) {
            if (!away_[i]) return hosts_[i];
        }
        return std::nullopt;
    }
    std::vector<std::string> away() const {
        const std::scoped_lock lock(mutex_);
        std::vector<std::string> hosts;
        for (std::size_t i = 0; i < hosts_.size(); ++i) {
            if (away_[i]) hosts.push_back(hosts_[i]);
        }
        return hosts;
    }
    /// Whether that is news.
    bool set_away(const std::string& host, bool away) {
        const std::scoped_lock lock(mutex_);
        bool changed = false;
        for (std::size_t i = 0; i < hosts_.size(); ++i) {
            if (hosts_[i] != host) continue;
            changed = changed || away_[i] != away;
            away_[i] = away;
        }
        return changed;
    }

  private:
    mutable std::mutex mutex_;
    std::vector<std::string> hosts_;
    std::vector<bool> away_;  // guarded by mutex_
};

}  // namespace posthouse::auth
