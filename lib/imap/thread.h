// THREAD: messages as trees of conversations (RFC 5256 §3). Whatever the messages claim, nothing here recurses, and the
// time grows with n log n.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/imap/message_id_hash.h"

namespace posthouse::imap {

/// What THREAD asks of a message.
struct ThreadMessage {
    std::uint32_t number = 0;    ///< what stands for it in the answer: sequence number or UID; never 0
    std::int64_t sent = 0;       ///< sent date in UTC; INTERNALDATE where there is none (RFC 5256 §2.2)
    std::int64_t arrival = 0;    ///< INTERNALDATE, in seconds
    std::string_view subject{};  ///< key of the base subject (mime::casemap_key)
    bool is_reply = false;       ///< the subject has the mark of a reply or a forward
    MessageIdHash id = 0;        ///< 0: none
    MessageIdHashes references;  ///< References, else the first id of In-Reply-To
};

/// Trees of messages, each list of siblings in its order.
struct Threads {
    static constexpr std::uint32_t none = UINT32_MAX;
    struct Node {
        std::uint32_t number = 0;  ///< 0: a dummy, the missing parent of its children; only outermost
        std::uint32_t first_child = none;
        std::uint32_t next_sibling = none;
    };
    std::vector<Node> nodes;
    std::uint32_t first = none;  ///< of the outermost siblings
};

/// References of all messages that are looked at. Of a mailbox with more, each message's first and last ones count:
/// 20 of each message when there are 100,000.
inline constexpr std::size_t kMaxThreadReferences = 2'000'000;

// `messages` stand in the order of sequence numbers.

/// ORDEREDSUBJECT: a thread is what has the same base subject.
Threads thread_by_subject(std::span<const ThreadMessage> messages);
/// REFERENCES. Links that messages state of themselves are made before those they state of others; so the outcome only
/// differs from the order of RFC 5256 §3 where the links would make a loop.
Threads thread_by_references(std::span<const ThreadMessage> messages);
/// REFS: like REFERENCES, but subjects don't count, and threads stand in the order of their latest arrival.
Threads thread_by_refs(std::span<const ThreadMessage> messages);

/// Appends what follows "* THREAD": "(2)(3 6 (4 23)(44 7 96))" (RFC 5256 §4); nothing when there are no messages.
void append_threads(std::string& out, const Threads& threads);

}  // namespace posthouse::imap
