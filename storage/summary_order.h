// What SORT and THREAD compare, from the record of a header block.
#pragma once

#include <cstdint>

#include "lib/imap/sort.h"
#include "lib/imap/thread.h"
#include "storage/summary.h"
#include "storage/types.h"

namespace posthouse::storage {

/// `number` stands for the message in the answer. The views are those of the summary, so into its record.
imap::SortMessage sort_message(std::uint32_t number, const HeaderSummary& summary, Time internal_date,
                               std::uint64_t wire_size);
imap::ThreadMessage thread_message(std::uint32_t number, const HeaderSummary& summary, Time internal_date);

}  // namespace posthouse::storage
