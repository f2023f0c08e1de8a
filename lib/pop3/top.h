// What TOP sends of a message (RFC 1939 §7): the header, the empty line, and the first lines of the body.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace posthouse::pop3 {

/// Finds in a message, given in pieces, the place where TOP stops. Lines end with LF or CRLF.
class TopLimit {
  public:
    explicit TopLimit(std::uint64_t body_lines) : lines_left_(body_lines) {}
    /// How many of the next bytes of the message belong to the reply: all of them, or fewer when the limit is in them.
    std::size_t take(std::string_view bytes);
    /// The limit was reached: no more bytes need be read.
    bool done() const { return done_; }

  private:
    std::uint64_t lines_left_;
    bool in_header_ = true;
    bool line_empty_ = true;  ///< the current header line has held nothing, or one CR, so far
    bool after_cr_ = false;   ///< that CR was seen
    bool done_ = false;
};

}  // namespace posthouse::pop3
