// The selected mailbox of a session: its view, and what the session remembers for it.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "imapd/fetch/open_message.h"
#include "imapd/place.h"
#include "imapd/search/context.h"
#include "imapd/watch_hub.h"
#include "lib/base/result.h"
#include "lib/imap/sequence_set.h"
#include "storage/mailbox_name.h"
#include "storage/view.h"

namespace posthouse::imapd {

struct Selected {
    /// `user`: see annotation_user.
    Selected(Place p, storage::View v, storage::AnnotationUser user)
        : place(std::move(p)), name(place.shown), view(std::move(v)), annotates_as(std::move(user)) {}

    Place place;
    storage::MailboxName name;  ///< under which it was selected
    storage::View view;
    /// The user's right to do something in it.
    bool may(storage::Right right) const { return view.rights().has(right); }
    /// Whose own annotations the session sees (RFC 5257 §3.3).
    storage::AnnotationUser annotates_as;
    /// The client is told which annotations others change: (ANNOTATE) (RFC 5257 §4.2).
    bool tells_annotations = false;
    /// How many keywords the client was told of in FLAGS; more make a new FLAGS response.
    std::size_t keywords_told = 0;
    /// What the last SEARCH with SAVE found: "$" (RFC 5182 §2.1).
    storage::UidSet saved;
    /// Searches that are kept up to date.
    std::vector<SearchContext> contexts;
    /// Wakes the session when others change the mailbox, where it is told of that while it waits.
    std::unique_ptr<WatchHub::Watch> watch;
    /// The message that FETCH read last: clients fetch large parts piece by piece.
    std::unique_ptr<OpenMessage> open_message;
};

/// The sequence numbers, as ranges, of those messages in the view that `set` names. UIDs that don't exist are left out
/// (RFC 3501 §6.4.8); a sequence number that doesn't is an error (invalid).
Result<std::vector<imap::NumberRange>> numbers_of(const Selected& selected, const imap::SequenceSet& set, bool by_uid);
/// Those of `uids` that are in the view, as ranges of numbers.
std::vector<imap::NumberRange> numbers_of(const storage::View& view, const storage::UidSet& uids);
/// `ranges` without the UIDs that the view has: what is gone of them, or never was.
std::vector<imap::NumberRange> without(const std::vector<imap::NumberRange>& ranges, const storage::UidRanges& uids);
/// How many messages they are.
std::uint64_t count_of(const std::vector<imap::NumberRange>& numbers);
/// The UIDs of the messages with these numbers.
storage::UidSet uids_of(const storage::View& view, const std::vector<imap::NumberRange>& numbers);

}  // namespace posthouse::imapd
