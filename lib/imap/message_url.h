// URLs of messages and of parts of them (RFC 5092), as CATENATE names them (RFC 4469 §3).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/imap/fetch_command.h"

namespace posthouse::imap {

/// "/Drafts;UIDVALIDITY=385759045/;UID=20/;SECTION=1.2/;PARTIAL=0.1024", or the same behind "imap://user@host".
struct MessageUrl {
    std::string user;     ///< of an absolute URL; empty: whoever asks
    std::string host;     ///< of an absolute URL, without port; empty: this server
    std::string mailbox;  ///< UTF-8; empty: the selected one, to which the URL is relative
    std::optional<std::uint32_t> uid_validity;
    std::uint32_t uid = 0;
    Section section;
    std::uint64_t offset = 0;
    std::optional<std::uint64_t> count;  ///< with PARTIAL (RFC 5550 §5.1); nothing: up to the end
    bool operator==(const MessageUrl&) const = default;
};

/// The longest that is looked at.
inline constexpr std::size_t kMaxUrl = 8000;

/// invalid: no URL of a message, or one with an access rule (URLAUTH, RFC 4467).
Result<MessageUrl> parse_message_url(std::string_view text);

}  // namespace posthouse::imap
