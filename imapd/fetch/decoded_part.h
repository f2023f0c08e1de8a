// DecodedPart: a part of a message without its transfer encoding, as BINARY shows it (RFC 3516 §4.2), in bounded
// memory.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/result.h"
#include "lib/mime/range.h"
#include "lib/mime/transfer.h"

namespace posthouse::imapd {

class OpenMessage;

/// All calls block. The message that they are given is always the same.
class DecodedPart {
  public:
    /// The part with these numbers; what it holds lies at `encoded` of the message's wire form.
    DecodedPart(std::vector<std::uint32_t> numbers, mime::Range encoded, mime::TransferEncoding encoding);

    const std::vector<std::uint32_t>& numbers() const { return numbers_; }
    /// False: nobody here knows its encoding.
    bool can_decode() const { return encoding_ != mime::TransferEncoding::unknown; }

    /// Decoded octets of the whole part.
    Result<std::uint64_t> size(OpenMessage& message);
    struct Piece {
        std::uint64_t octets = 0;
        bool holds_nul = false;
    };
    /// What there is of `count` decoded octets from `offset` on.
    Result<Piece> measure(OpenMessage& message, std::uint64_t offset, std::uint64_t count);
    /// Appends as many of them as there are. Cheapest in order: who goes back begins anew.
    Result<std::uint64_t> read(OpenMessage& message, std::uint64_t offset, std::uint64_t count, std::string& out);

  private:
    /// A place in the decoded octets; a copy goes on by itself.
    struct Cursor {
        mime::TransferDecoder decoder;
        std::uint64_t encoded;       ///< octet of the message that is read next
        std::uint64_t position = 0;  ///< decoded octets passed
        std::string ready{};         ///< decoded, of which `used` were passed
        std::size_t used = 0;
        bool ended = false;
    };
    Cursor start() const { return {mime::TransferDecoder(encoding_), encoded_.begin}; }
    Result<bool> fill(OpenMessage& message, Cursor& cursor) const;
    template <typename Take>
    Result<std::uint64_t> pass(OpenMessage& message, Cursor& cursor, std::uint64_t count, Take take) const;
    Result<> move_to(OpenMessage& message, std::uint64_t offset);

    std::vector<std::uint32_t> numbers_;
    mime::Range encoded_;
    mime::TransferEncoding encoding_;
    Cursor cursor_;
    std::optional<std::uint64_t> size_;
    std::optional<std::pair<mime::Range, Piece>> measured_;  ///< the last one: clients ask for one and the same again
};

}  // namespace posthouse::imapd
