// Mailbox: the messages of one mailbox: rows, flags, append, copy, move, expunge. Thread-safe; sessions number messages
// through a View (view.h).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "storage/access_list.h"
#include "storage/flags.h"
#include "storage/message.h"
#include "storage/message_annotations.h"
#include "storage/message_writer.h"
#include "storage/status.h"
#include "storage/summarise.h"
#include "storage/types.h"

namespace posthouse::storage {

class MailboxState;

/// Which columns of a row are wanted beside UID and flags; each may cost a look at the file the first time.
struct Columns {
    bool internal_date = false;
    bool physical_size = false;
    bool wire_size = false;
    bool save_date = false;
    bool email_id = false;
    bool unique_id = false;
    bool file = false;  ///< where it lies, and both sizes as far as they are known: for open_message(row)
};

/// What is known of a message without reading it. Columns not asked for are empty.
struct MessageRow {
    Uid uid;
    Flags flags;
    ModSeq modseq;                    ///< MODSEQ (RFC 7162 §3.1)
    Time internal_date{};             ///< INTERNALDATE (RFC 9051 §2.3.3)
    std::uint64_t physical_size = 0;  ///< bytes of the file
    std::uint64_t wire_size = 0;      ///< RFC822.SIZE: octets with CRLF line ends (RFC 9051 §2.3.4)
    Time save_date{};                 ///< SAVEDATE (RFC 8514 §2)
    std::string email_id;             ///< EMAILID (RFC 8474 §5.1)
    std::string unique_id;            ///< unique-id (RFC 1939 §7) that another server gave it; empty: none did
    std::string file_name;            ///< in cur/, or in new/
    bool is_fresh = false;            ///< it lies in new/
};

/// A message's flags at one moment.
struct MessageFlags {
    Uid uid;
    Flags flags;
    ModSeq modseq{};  ///< of that moment; 0 where a call that changes flags tells them
};

/// What a conditional STORE did (RFC 7162 §3.1.3).
struct ConditionalStore {
    std::vector<MessageFlags> stored;
    std::vector<Uid> modified;  ///< had changed since, and were left alone; ascending
};

/// What happened to a mailbox's messages since a modseq.
struct MessageChanges {
    bool whole = false;        ///< too long ago: `gone` is not known
    std::vector<Uid> changed;  ///< new, or with other flags; those that exist, ascending
    std::vector<Uid> gone;     ///< expunged; ascending
};

/// A message for APPEND: content written by a MessageWriter of this mailbox.
struct NewMessage {
    MessageWriter content;
    Flags flags;
    std::optional<Time> internal_date;  ///< absent: now
    MessageAnnotations annotations = {};
};

/// What copies have of the messages that they are made of.
struct Carried {
    Carried() = default;
    Carried(const FlagScope& scope) : flags(scope) {}  // NOLINT(google-explicit-constructor): flags are the usual case

    FlagScope flags;
    bool shared_annotations = true;
    bool own_annotations = true;
    /// Whose own annotations (RFC 5257 §4.6): the user, as they are known in the source and in the target.
    AnnotationUser user = {};
    AnnotationUser user_there = {};
};

/// APPENDUID (RFC 9051 §7.1): the UIDs in the order of the messages given.
struct Appended {
    UidValidity uid_validity;
    std::vector<Uid> uids;
};

/// COPYUID (RFC 9051 §7.1): `from[i]` became `to[i]`; both ascend. Empty: none of the messages exists any more.
struct Copied {
    UidValidity uid_validity;  ///< of the target
    std::vector<Uid> from;
    std::vector<Uid> to;
};

/// Takes a message's record (storage/summary.h), which is good until each_summary returns.
using FlagsVisitor = std::function<void(const MessageFlags& message)>;
using SummaryVisitor = std::function<void(Uid uid, std::string_view record)>;

/// Which of the given messages EXPUNGE removes.
enum class ExpungeRule {
    deleted_only,  ///< those with \Deleted: EXPUNGE, UID EXPUNGE, CLOSE
    all_given,     ///< all: POP3's UPDATE state
};

/// One mailbox. When it was deleted, every call fails with not_found: its sessions end. A rename keeps it usable.
/// Failures of all calls: no_space, busy (another process holds it too long), io; what failed left no half message.
class Mailbox {
  public:
    explicit Mailbox(std::shared_ptr<MailboxState> state);
    Mailbox(const Mailbox&) = delete;
    Mailbox& operator=(const Mailbox&) = delete;
    ~Mailbox();

    /// 32 hexadecimal digits; stays over renames. MAILBOXID (RFC 8474 §4) is made of it.
    std::string guid() const;
    UidValidity uid_validity() const;
    /// Counts now. Costs no look at the messages when nothing changed.
    Result<Status> status();
    /// The sum of all messages' sizes on the wire: SIZE of RFC 8438. Costs in proportion to what came since it was
    /// asked for last in this process; when something was expunged since, to the mailbox.
    Result<std::uint64_t> wire_size() const;
    /// The keywords in use in this mailbox, for FLAGS and PERMANENTFLAGS.
    std::vector<std::string> keywords() const;
    /// More keywords can be made: "\*" in PERMANENTFLAGS (RFC 9051 §7.1).
    bool may_create_keywords() const;

    /// The rows of those messages of `uids` that exist, by UID, as this process last saw them (View::refresh looks).
    Result<std::vector<MessageRow>> rows(const UidSet& uids, const Columns& columns = {}) const;
    /// Calls `visit` with the flags of each of `uids` that exists, ascending, as of one moment: rows() for whoever asks
    /// for nothing else, and looks at many. Nothing of the mailbox may be asked meanwhile.
    Result<> each_flags(const UidSet& uids, const FlagsVisitor& visit) const;
    /// Opens a message's content (message.h). not_found: it is gone (RFC 2180 §4.1).
    Result<MessageContent> open_message(Uid uid);
    /// The same for whoever has its row: cheaper if that has Columns::file. It may be old.
    Result<MessageContent> open_message(const MessageRow& row);

    /// What a message's content says, without reading it when it was asked for before. A message that was expunged a
    /// moment ago may still be told of; otherwise not_found. `octets_read` is 0 when nothing was read.
    Result<MessageSummary> summary(Uid uid, SummaryParts parts);
    /// Calls `visit` with the record of each of `uids` that exists, ascending; records that aren't there yet are made.
    /// Then calls `finish`, which may still use all records (to order them without a copy).
    Result<> each_summary(
        const UidSet& uids, SummaryPart part, const SummaryVisitor& visit, const std::function<void()>& finish = [] {});
    /// The same of those records that are there: never reads a message.
    Result<> each_kept_summary(const UidSet& uids, SummaryPart part, const SummaryVisitor& visit);

    /// Starts a message for append; nothing of it is visible before.
    Result<MessageWriter> start_message();
    /// APPEND, also of several at once: all or none (RFC 3502 §6.3.11). limit: no room for another keyword.
    Result<Appended> append(std::vector<NewMessage> messages);
    /// COPY to another mailbox (or this one) of the same store, with flags, keywords, INTERNALDATE and EMAILID (RFC
    /// 9051 §6.4.7). All or none; messages already gone are left out.
    /// Annotations for which the target has no room stay behind (RFC 5257 §4.6).
    Result<Copied> copy(const UidSet& uids, Mailbox& target, const Carried& carried = {});
    /// MOVE (RFC 9051 §6.4.8): copy, durable, then expunge here. Each message is moved by one session only, whoever
    /// else moves or removes it meanwhile; one that can't be removed here isn't left in both.
    Result<Copied> move(const UidSet& uids, Mailbox& target, const Carried& carried = {});
    /// Removes messages; gives the UIDs that this call removed.
    Result<std::vector<Uid>> expunge(const UidSet& uids, ExpungeRule rule);
    /// STORE: gives the flags that those of `uids` which exist have now. limit: no room for another keyword.
    Result<std::vector<MessageFlags>> store_flags(const UidSet& uids, const FlagChange& change);

    /// The same for those messages only whose MODSEQ is not above `unchanged_since`.
    Result<ConditionalStore> store_flags(const UidSet& uids, const FlagChange& change, ModSeq unchanged_since);
    /// The same, conditional or not, for a reader of another's mailbox with a \Seen of their own (seen_file.h); an
    /// empty `viewer` has none.
    Result<ConditionalStore> store_flags(const UidSet& uids, const FlagChange& change,
                                         std::optional<ModSeq> unchanged_since, const std::string& viewer);
    /// What such a reader has seen, as of now; some of it may be gone.
    Result<std::shared_ptr<const UidSet>> seen_by(const std::string& viewer) const;
    /// status() for such a reader. Costs a look at all flags.
    Result<Status> status_of(const std::string& viewer);
    /// The annotations (RFC 5257) that this user sees, as of now; some may be of messages that are gone. Costs two
    /// stats when nothing changed, and nothing more where there are none.
    Result<AnnotationTables> annotations(const AnnotationUser& user) const;
    /// STORE of annotations (RFC 5257 §4.5), also conditional, as for flags. Durable. `stored` tells only UIDs. limit:
    /// more than a bound of AnnotationTable; some messages may have been changed.
    Result<ConditionalStore> store_annotations(const UidSet& uids, const std::vector<imap::AnnotationValue>& values,
                                               const AnnotationUser& user, std::optional<ModSeq> unchanged_since);
    /// As this process last saw the mailbox (View::refresh looks). Costs in proportion to what happened.
    Result<MessageChanges> changes_since(ModSeq since) const;

    /// The folder is to be read once more, as a foreign program may have changed it within the tick of its time. What
    /// is shown meanwhile is right but for such a change.
    /// True: whoever asked is to call verify(), in the background, for it costs in proportion to the mailbox.
    bool take_verification();
    Result<> verify();

    /// Its access control list, also after a rename.
    Result<AccessList> acl() const;

    /// For storage's own parts.
    const std::shared_ptr<MailboxState>& state() const { return state_; }

  private:
    static Result<> take_back(Copied& copied, Mailbox& target, const std::function<bool(Uid)>& stays);

    std::shared_ptr<MailboxState> state_;
};

}  // namespace posthouse::storage
