// Message-IDs, and the lists of them in References and In-Reply-To (RFC 5322 §3.6.4, §4.5.4).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::mime {

/// All ids in `value`, in order, each without its angle brackets and without white space, which folding may have put
/// inside; words outside of angle brackets (obsolete phrases) are skipped. At most max_message_ids: of more, the first
/// and the last ones, as the thread's root and the direct ancestors matter most.
std::vector<std::string> parse_message_ids(std::string_view value);

/// The id in a Message-ID or Content-ID field; one without angle brackets is taken as it is.
std::optional<std::string> parse_message_id(std::string_view value);

}  // namespace posthouse::mime
