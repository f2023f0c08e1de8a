// Share: how much of the store events may take that anybody can cause.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>

namespace posthouse::story {

/// A quarter of the store within its retention. It comes in evenly, and a thirtieth of the retention's is kept: so a
/// day's at the default of 30 days. Pure: the caller tells the time.
class Share {
  public:
    using Time = std::chrono::steady_clock::time_point;
    struct Settings {
        double store_octets = 0;  ///< of this process
        std::chrono::milliseconds retention{};
    };

    /// Whether there is room for so many octets, which they have then.
    bool take(std::size_t octets, const Settings& settings, Time now) {
        const double share = settings.store_octets / 4;
        const double most = share / 30;
        const std::chrono::duration<double, std::milli> passed = now - last_.value_or(now);
        room_ = last_ ? room_ + share * (passed / std::chrono::duration<double, std::milli>(settings.retention)) : most;
        room_ = std::min(room_, most);
        last_ = now;
        if (room_ < static_cast<double>(octets)) return false;
        room_ -= static_cast<double>(octets);
        return true;
    }

  private:
    std::optional<Time> last_;
    double room_ = 0;
};

}  // namespace posthouse::story
