// Archive: all events that are there, read: those of the index, and those in segments that are not indexed yet.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "historyd/index_file.h"
#include "historyd/segments.h"
#include "lib/story/event.h"

namespace posthouse::history {

/// What is looked for; milliseconds since 1970.
struct Span {
    std::int64_t since = std::numeric_limits<std::int64_t>::min();
    std::int64_t until = std::numeric_limits<std::int64_t>::max();
};

/// Shows one moment, whatever historyd does meanwhile: no event twice, none missing. Needs no historyd.
class Archive {
  public:
    /// `folder`: <state_folder>/history. Errors: denied; not_found: nothing was ever told.
    static Result<Archive> open(const std::string& folder);

    /// Calls with each event of this time that has one of the keys (none: all): with those of segments first, then with
    /// those of the index, the latest pieces first, and the events of a piece in their order. When it says false, with
    /// none of the pieces of the index that are left. Errors: of the disk.
    Result<> each(const std::vector<std::string>& keys, Span span,
                  const std::function<bool(const story::Event& event)>& call);
    /// Parts that could not be read and are passed over: path and reason.
    const std::vector<std::string>& notes() const { return notes_; }

  private:
    struct OpenSegment {
        std::string name;
        Segment segment;
    };
    using Call = std::function<bool(const story::Event& event)>;

    Archive() = default;
    Result<> each_in_segments(const std::vector<std::string>& keys, Span span, const Call& call) const;

    std::vector<IndexFile> files_;  ///< the latest first
    std::vector<OpenSegment> segments_;
    std::map<std::string, std::uint64_t, std::less<>> offsets_;
    std::vector<std::string> notes_;
};

}  // namespace posthouse::history
