// UrlPart: the octets that the URL of a message, or of a part of one, stands for (RFC 5092), read piece by piece.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "imapd/fetch/open_message.h"
#include "lib/base/result.h"
#include "lib/imap/message_url.h"
#include "storage/mailbox.h"

namespace posthouse::imapd {

/// All calls block.
class UrlPart {
  public:
    /// `mailbox`: the one that the URL names. not_found: it has no such message, or the message no such part, or the
    /// mailbox another UIDVALIDITY.
    static Result<UrlPart> open(storage::Mailbox& mailbox, const imap::MessageUrl& url);

    /// Octets that are still to be read.
    std::uint64_t left() const { return end_ - position_; }
    /// The next octets, at most `most`, at least one; as FETCH would give them.
    Result<std::string> read(std::size_t most);

  private:
    explicit UrlPart(OpenMessage message) : message_(std::move(message)) {}
    Result<> narrow(const imap::MessageUrl& url);

    OpenMessage message_;
    std::optional<std::string> fields_;  ///< of a section with field names; else the message is read
    std::uint64_t position_ = 0;
    std::uint64_t end_ = 0;
};

}  // namespace posthouse::imapd
