// A message's content, read in pieces as it goes over the wire (CRLF line ends), however it is stored.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "lib/base/fd.h"
#include "lib/base/result.h"
#include "storage/types.h"

namespace posthouse::storage {

/// An open message. Stays readable when the message is flagged, moved or expunged meanwhile. Used by one thread at a
/// time.
class MessageContent {
  public:
    MessageContent(UniqueFd file, std::uint64_t physical_size, std::uint64_t wire_size);
    MessageContent(MessageContent&&) noexcept;
    MessageContent& operator=(MessageContent&&) noexcept;
    ~MessageContent();

    /// Octets with CRLF line ends: what `read` gives from 0 to the end.
    std::uint64_t wire_size() const { return wire_size_; }
    /// Where the next `read` begins.
    std::uint64_t offset() const { return offset_; }
    /// Fills `out` from here on; gives the number of octets, 0 at the end.
    Result<std::size_t> read(std::span<char> out);
    /// Moves to an octet of the wire form; beyond the end: the end. Forward costs a pass over what lies between.
    Result<> seek(std::uint64_t wire_offset);
    /// The next octets, at most `max_bytes`.
    Result<std::string> read_string(std::size_t max_bytes = std::numeric_limits<std::size_t>::max());

  private:
    Result<bool> fill();
    Result<std::size_t> read_directly(std::span<char> out);
    Result<std::optional<std::string>> read_at_once();

    UniqueFd file_;
    std::uint64_t physical_size_;
    std::uint64_t wire_size_;
    std::uint64_t offset_ = 0;
    std::uint64_t file_offset_ = 0;  ///< of the byte after the buffer
    std::unique_ptr<char[]> buffer_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    bool after_cr_ = false;  ///< the last octet given was CR
};

}  // namespace posthouse::storage
