// BinaryLiteral: a message that comes as a literal8, for the time in which it isn't known yet whether lines of text can
// hold it (RFC 3516 §4.4).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "lib/base/result.h"
#include "storage/message_writer.h"

namespace posthouse::imapd {

/// Keeps the octets, for parts in binary are stored in base64, and which those are is known at the end. What it may
/// keep is bounded, for one message, for all of a user's and for all of the process. Belongs to the loop's thread,
/// write() apart.
class BinaryLiteral {
  public:
    static constexpr std::size_t kMaxKept = 32 << 20;
    static constexpr std::size_t kMaxKeptByUser = 32 << 20;
    static constexpr std::size_t kMaxKeptByAll = 128 << 20;

    explicit BinaryLiteral(std::string user) : user_(std::move(user)) {}
    BinaryLiteral(const BinaryLiteral&) = delete;
    BinaryLiteral& operator=(const BinaryLiteral&) = delete;
    ~BinaryLiteral() { forget(); }

    /// The next octets of the message.
    void add(std::string_view octets);
    /// After the last ones: it holds a NUL, or a CR or LF that isn't part of a CRLF.
    bool is_binary() const { return binary_ || after_cr_; }
    /// Whether the octets are there. invalid: they are too many; unavailable: other messages had the room.
    Result<> kept() const;
    /// Writes the message with those parts encoded. Blocks. As kept(); invalid: that can't be done.
    Result<> write(storage::MessageWriter& writer) const;

  private:
    void forget();

    static inline std::size_t kept_by_all_ = 0;
    static inline std::unordered_map<std::string, std::size_t> kept_by_;  ///< by user; nobody's is 0

    std::string user_;
    std::string octets_;
    bool binary_ = false;
    bool after_cr_ = false;
    bool too_large_ = false;
    bool no_room_ = false;
};

}  // namespace posthouse::imapd
