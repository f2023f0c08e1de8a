// A message on its way in: octets with CRLF line ends become a file in tmp/ that nobody sees yet.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "lib/base/result.h"

namespace posthouse::storage {

class WriterState;

/// Writes one message. Lines are stored with LF; a message that holds a CR without LF is stored as it came, so that
/// reading gives the same octets (a bare LF comes back as CRLF: refuse it before). Dropped before it was appended or
/// delivered, it leaves nothing. Used by one thread at a time.
class MessageWriter {
  public:
    explicit MessageWriter(std::unique_ptr<WriterState> state);
    MessageWriter(MessageWriter&&) noexcept;
    MessageWriter& operator=(MessageWriter&&) noexcept;
    ~MessageWriter();

    /// Adds octets; pieces may end anywhere. no_space, io: the writer is of no more use.
    Result<> write(std::string_view octets);
    /// Octets so far, as they came.
    std::uint64_t wire_size() const;
    /// Bytes that a file with them takes: fewer when lines are stored with LF.
    std::uint64_t stored_size() const;
    /// For storage's own parts.
    WriterState& state() { return *state_; }

  private:
    std::unique_ptr<WriterState> state_;
};

}  // namespace posthouse::storage
