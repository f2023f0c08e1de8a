// The numbers of a mailbox that STATUS tells, to clients and to administrators.
#pragma once

#include <cstdint>

#include "storage/types.h"

namespace posthouse::storage {

/// Counts of a mailbox at one moment (RFC 9051 §6.3.11; RECENT is RFC 3501's).
struct Status {
    std::uint32_t messages = 0;
    std::uint32_t recent = 0;  ///< not yet claimed by any session
    std::uint32_t unseen = 0;
    std::uint32_t deleted = 0;
    std::uint64_t bytes = 0;  ///< of all messages' files
    ModSeq highest_modseq;    ///< HIGHESTMODSEQ (RFC 7162 §3.1.2.1)
    Uid uid_next;
    UidValidity uid_validity;
};

}  // namespace posthouse::storage
