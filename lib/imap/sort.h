// SORT: the order of messages by its keys (RFC 5256 §3, RFC 5957 §3, RFC 5257 §4.9).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/imap/annotations.h"

namespace posthouse::imap {

enum class SortKey { arrival, cc, date, from, size, subject, to, display_from, display_to, annotation };

/// A sort key, with REVERSE or without.
struct SortCriterion {
    SortKey key = SortKey::arrival;
    bool reverse = false;
    std::string entry{};  ///< of annotation (RFC 5257 §4.9)
    AnnotationScope scope = AnnotationScope::priv;
    std::size_t annotation = 0;  ///< which of the message's annotations it is
};

/// What SORT compares of a message. Texts are keys of i;unicode-casemap (mime::casemap_key).
struct SortMessage {
    std::uint32_t number = 0;    ///< what stands for it in the answer: sequence number or UID
    std::int64_t arrival = 0;    ///< INTERNALDATE, in seconds
    std::int64_t sent = 0;       ///< sent date in UTC; INTERNALDATE where there is none (RFC 5256 §2.2)
    std::uint64_t size = 0;      ///< RFC822.SIZE
    std::string_view subject{};  ///< base subject
    std::string_view from{};     ///< addr-mailbox of the first address, as are to and cc
    std::string_view to{};
    std::string_view cc{};
    std::string_view display_from{};
    std::string_view display_to{};
    std::vector<std::string_view> annotations{};  ///< as many as criteria ask for
};

/// The numbers of `messages` in the order of the criteria; what is equal in all of them keeps its order, which is to be
/// that of sequence numbers.
std::vector<std::uint32_t> sort_messages(std::span<const SortMessage> messages,
                                         std::span<const SortCriterion> criteria);

}  // namespace posthouse::imap
