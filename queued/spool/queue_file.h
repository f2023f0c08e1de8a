// QueueFile: what a queue file says without its content: sizes, envelope, and each recipient's state after the journal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "queued/spool/envelope.h"
#include "queued/spool/layout.h"
#include "queued/spool/recipient_state.h"

namespace posthouse::spool {

/// From this size on the journal takes only what is about a fate: what was tried in between is forgotten. Reached by a
/// thousand recipients, each deferred by a server of its own, after a day or two.
inline constexpr std::uint64_t max_story_bytes = 16u << 20;
/// A longer journal is nobody's: of each recipient's fate there is room for all there can be.
inline constexpr std::uint64_t max_journal_bytes = 64u << 20;

struct QueueFile {
    Layout layout;
    Envelope envelope;
    std::vector<RecipientState> states;  ///< one per recipient
    std::string held;                    ///< why it is kept back, as its journal says; empty: it isn't
    std::uint64_t journal_end = 0;       ///< where the next event goes; what lies behind it is torn
};

/// Reads it, in pieces, from a file of this size. Errors: invalid, limit (not one, not whole, or damaged); unsupported
/// (of a later version); io.
Result<QueueFile> load(int fd, std::uint64_t file_bytes);

}  // namespace posthouse::spool
