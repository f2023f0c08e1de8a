// Follower: events as they are told.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "historyd/segments.h"
#include "lib/story/event.h"

namespace posthouse::history {

/// Reads segments along with historyd, which leaves each for a while after its end.
class Follower {
  public:
    /// `folder`: <state_folder>/history. What is there now was told before.
    explicit Follower(const std::string& folder);

    /// Calls with each event that was told since.
    Result<> look(const std::function<void(const story::Event& event)>& call);

  private:
    struct Place {
        Segment segment;
        std::uint64_t offset = 0;
        bool present = true;  ///< in the folder still
    };
    /// Opens segments that are new; those that were there before the first look are read from their ends.
    Result<> find_segments(bool from_start);

    std::string incoming_;
    std::map<std::string, Place, std::less<>> places_;
};

}  // namespace posthouse::history
