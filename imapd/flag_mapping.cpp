// Flags between the protocol and storage.
#include "imapd/flag_mapping.h"

#include <utility>

namespace posthouse::imapd {

static_assert(static_cast<int>(storage::Flag::answered) == imap::kAnswered);
static_assert(static_cast<int>(storage::Flag::flagged) == imap::kFlagged);
static_assert(static_cast<int>(storage::Flag::deleted) == imap::kDeleted);
static_assert(static_cast<int>(storage::Flag::seen) == imap::kSeen);
static_assert(static_cast<int>(storage::Flag::draft) == imap::kDraft);

imap::Flags to_imap(const storage::Flags& flags) { return {flags.system.bits(), flags.keywords.names()}; }

Result<storage::Flags> to_storage(const imap::Flags& flags) {
    Result<storage::Keywords> keywords = storage::Keywords::make(flags.keywords);
    if (!keywords) return fail(keywords.error());
    return storage::Flags{storage::SystemFlags::from_bits(flags.system), std::move(*keywords)};
}

storage::FlagChange marks_seen() {
    return {storage::FlagAction::add, {{storage::Flag::seen}, {}}, {{storage::Flag::seen}, false}};
}

}  // namespace posthouse::imapd
