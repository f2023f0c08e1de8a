// Lines on their way to a file: bounded, because the mail goes on when the disk doesn't.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace posthouse::story {

/// Whole lines, up to `capacity` bytes of them. What has no room is dropped and counted.
class LineBuffer {
  public:
    explicit LineBuffer(std::size_t capacity) : capacity_(capacity) {}

    /// Adds a line with its line feed. False: it was dropped.
    bool add(std::string_view line);
    /// All lines, which leave the buffer.
    std::string take();
    std::size_t bytes() const { return lines_.size(); }
    /// Lines dropped since it was made.
    std::uint64_t dropped() const { return dropped_; }

  private:
    std::size_t capacity_;
    std::string lines_;
    std::uint64_t dropped_ = 0;
};

}  // namespace posthouse::story
