// View: a mailbox as one session sees it: sequence numbers, what changed since the last look, \Recent.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "storage/mailbox.h"
#include "storage/rights.h"
#include "storage/types.h"
#include "storage/uid_ranges.h"

namespace posthouse::storage {

struct Delta;

/// SELECT or EXAMINE (RFC 9051 §6.3.2, §6.3.3).
enum class Access { read_write, read_only };

/// Whether a refresh may take messages out of the view. FETCH, STORE and SEARCH hold them back (RFC 9051 §7.5.1).
enum class Expunges { reveal, hold };

/// A message that left the view.
struct Expunged {
    SequenceNumber number;  ///< its number at the moment when those before it in the list are gone already
    Uid uid;
};

/// A message whose annotations others have changed.
struct Annotated {
    Uid uid;
    std::vector<std::string> entries;
    ModSeq modseq;
};

/// What a refresh found. Told to the client in this order.
struct Changes {
    std::vector<Expunged> expunged;    ///< from the highest number down
    std::uint32_t count = 0;           ///< messages in the view now: EXISTS
    std::uint32_t recent = 0;          ///< RECENT
    std::vector<Uid> added;            ///< new messages, ascending; their numbers are the last ones
    std::vector<MessageFlags> flags;   ///< of messages that were in the view before, ascending
    std::vector<Uid> acknowledged;     ///< have other flags or annotations too, which the client knows
    std::vector<Annotated> annotated;  ///< of messages that were in the view before, if they are watched; ascending
    bool empty() const { return expunged.empty() && added.empty() && flags.empty() && annotated.empty(); }
};

/// A session's view. For one session: used by one thread at a time. Costs 8 bytes per run of UIDs without a gap.
class View {
  public:
    /// Opens: looks at the mailbox, numbers what is new. With read_write the session claims what is \Recent: no later
    /// session sees it so (RFC 3501 §2.3.2). `rights`: what the session's user may do here, by
    /// Account::effective_rights; denied without `r`, and read-only without any that changes a message (RFC 4314 §5.2).
    /// `viewer`: the session's user, if they have a \Seen flag of their own here; it takes the place of the one that is
    /// everybody's in all that this view tells and does.
    static Result<View> open(std::shared_ptr<Mailbox> mailbox, Access access, Rights rights = Rights::all(),
                             std::string viewer = {});

    Mailbox& mailbox() const { return *mailbox_; }
    const std::shared_ptr<Mailbox>& shared_mailbox() const { return mailbox_; }
    /// It was opened so, or the rights let nothing be changed (RFC 4314 §5.2).
    bool read_only() const;
    /// It was opened read-only. Else the user may have annotations of their own (RFC 5257 §3.4: `r` is enough).
    bool is_examined() const { return access_ == Access::read_only; }
    Rights rights() const { return rights_; }
    /// Whose \Seen is shown; empty: everybody's.
    const std::string& viewer() const { return viewer_; }
    /// The user's rights are others now, and with them what the view lets be done.
    void set_rights(Rights rights) { rights_ = rights; }

    /// Messages in the view: EXISTS.
    std::uint32_t count() const { return uids_.size(); }
    /// Messages that are \Recent in this session.
    std::uint32_t recent() const { return recent_.size(); }
    bool is_recent(Uid uid) const { return recent_.contains(uid); }
    /// UIDNEXT as of the last refresh.
    Uid uid_next() const { return uid_next_; }
    /// The UIDs in the view, ascending: message n is element n - 1.
    const UidRanges& uids() const { return uids_; }
    /// The message with this number; nothing when there are fewer.
    std::optional<Uid> uid(SequenceNumber number) const;
    /// The number of a message; nothing when it isn't in the view.
    std::optional<SequenceNumber> number(Uid uid) const;
    /// HIGHESTMODSEQ as of the last refresh (RFC 7162 §3.1.2.1).
    ModSeq highest_modseq() const { return cursor_; }
    /// The first message without \Seen: OK [UNSEEN n] of RFC 3501 §7.1.
    std::optional<SequenceNumber> first_unseen() const;

    /// Mailbox::rows, with the flags that this view shows.
    Result<std::vector<MessageRow>> rows(const UidSet& uids, const Columns& columns = {}) const;
    /// Mailbox::each_flags, the same.
    Result<> each_flags(const UidSet& uids, const FlagsVisitor& visit) const;
    /// STORE, also conditional (RFC 7162 §3.1.3).
    Result<ConditionalStore> store_flags(const UidSet& uids, const FlagChange& change,
                                         std::optional<ModSeq> unchanged_since = std::nullopt);

    /// STORE of annotations: see Mailbox::store_annotations.
    Result<ConditionalStore> store_annotations(const UidSet& uids, const std::vector<imap::AnnotationValue>& values,
                                               const AnnotationUser& user, std::optional<ModSeq> unchanged_since);
    /// From now on a refresh tells which annotations others have changed, of those that this user sees. Costs two stats
    /// in each.
    Result<> watch_annotations(const AnnotationUser& user);

    /// Looks at the mailbox, takes in what changed (numbering what is new) and gives it. Held expunges come with a
    /// later refresh. not_found: the mailbox was deleted; the session ends with BYE.
    Result<Changes> refresh(Expunges expunges);
    /// The client knows these flags already (its own STORE, answered or .SILENT): the next refresh reports them only
    /// if they changed since.
    void acknowledge(const std::vector<MessageFlags>& known);

  private:
    View(std::shared_ptr<Mailbox> mailbox, Access access, Rights rights, std::string viewer);
    /// The flags of a message as they are shown here.
    void overlay(Uid uid, Flags& flags) const;
    /// What the viewer has seen now: changes that the log doesn't tell are added to those that it does.
    Result<> take_seen(Delta& delta);
    Result<> take_annotations(Changes& changes);

    std::shared_ptr<Mailbox> mailbox_;
    Access access_;  ///< that was asked for
    Rights rights_;
    std::string viewer_;
    std::shared_ptr<const UidSet> seen_;       ///< by the viewer, as it is shown; null: there is no flag of their own
    std::shared_ptr<const UidSet> told_seen_;  ///< as of the last refresh: without what this view has stored since
    /// Annotations that are watched.
    struct WatchedAnnotations {
        AnnotationUser user;
        AnnotationTables told;    ///< as of the last refresh, with what this view has stored since
        std::vector<Uid> stored;  ///< by this view since the last refresh
    };
    std::optional<WatchedAnnotations> annotations_;
    ModSeq cursor_;
    Uid uid_next_;
    UidRanges uids_;
    UidRanges recent_;
    std::vector<Uid> held_;       ///< expunged, not revealed yet
    std::map<Uid, Flags> known_;  ///< acknowledged since the last refresh
};

}  // namespace posthouse::storage
