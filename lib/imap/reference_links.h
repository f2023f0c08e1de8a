// Who is whose parent by References: the first three steps of THREAD=REFERENCES (RFC 5256 §3).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "lib/imap/thread.h"

namespace posthouse::imap {

/// Items are messages by their index, and behind them dummies: missing parents of two messages and more.
struct ReferenceLinks {
    std::vector<std::uint32_t> parent;  ///< of each message; Threads::none: outermost. Those of dummies are always
    std::uint32_t dummies = 0;
    std::vector<std::uint32_t> thread;  ///< of each message: equal for those that are linked, below messages + ids
};

ReferenceLinks link_by_references(std::span<const ThreadMessage> messages);

}  // namespace posthouse::imap
