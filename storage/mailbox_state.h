// A mailbox as the sessions of this process share it: its folder, its locks, and the way to its rows in the index.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "storage/dot_lock.h"
#include "storage/folder.h"
#include "storage/further_keyword_file.h"
#include "storage/index/index.h"
#include "storage/index/transaction.h"
#include "storage/keyword_file.h"
#include "storage/keyword_sets.h"
#include "storage/mailbox.h"
#include "storage/mailbox_edit.h"
#include "storage/message_annotation_file.h"
#include "storage/refile.h"
#include "storage/seen_file.h"
#include "storage/store_state.h"
#include "storage/types.h"
#include "storage/uid_ranges.h"
#include "storage/uidlist_file.h"
#include "storage/view.h"

namespace posthouse::storage {

/// What becomes of keywords for which a mailbox has no room.
enum class WhenFull { fail, leave_out };

/// What stands for keywords in a mailbox.
struct KeywordNumbers {
    std::uint32_t letters = 0;
    FurtherSet further;
    std::vector<std::string> unknown;  ///< names that have neither
};

/// A file of this mailbox's tmp/ that is to become a message.
struct Arrival {
    std::string tmp_name;
    std::string base;
    SystemFlags system;
    Keywords keywords;
    KeywordNumbers numbers = {};  ///< of `keywords`, in this mailbox: add() finds them
    std::string extras;           ///< of its line, e.g. the GUID it had elsewhere
    MessageAnnotations annotations = {};
    std::int64_t physical_size = FileRow::unknown;
    std::int64_t wire_size = FileRow::unknown;
    std::int64_t internal_date = FileRow::unknown;
};

/// A message to be copied: linked from one folder to the other's tmp/.
struct CopySource {
    Record record;
    Flags flags;
};

/// How many messages are worked on before the locks are given to others.
constexpr std::size_t piece_size = 256;
/// A file that isn't where the index says was renamed this moment, unless it is gone: the folder is read anew and
/// tells. By then it may have been renamed again, when many clients (a foreign server's, which takes no lock of ours
/// for this) change flags; so often it is followed.
constexpr int renames_followed = 16;

/// What a View learns by a refresh.
struct Delta {
    bool whole = false;  ///< too much changed: `uids` are all there are, nothing else is told
    UidRanges uids;
    std::vector<MessageFlags> flags;  ///< of new and changed messages; not of those that only a reader has seen since
    std::vector<Uid> gone;
    std::vector<Uid> recent;  ///< claimed by this session now; or, when it only looks, all that nobody claimed
    ModSeq now;
    Uid uid_next;
};

/// The index at one moment, and this mailbox's row in it.
struct Snapshot {
    IndexReader reader;
    MailboxRow row;
    std::shared_ptr<const KeywordSets> keywords;

    Flags flags_of(std::uint32_t uid, const FlagRow& flags) const {
        const std::string_view numbers = flags.further == 0 ? std::string_view() : reader.further(row.number, uid);
        return {SystemFlags::from_bits(flags.system), keywords->of(flags.keywords, numbers)};
    }
    std::optional<Record> find(std::uint32_t uid) const;
};

/// When a synchronisation reads the folders.
enum class Scan {
    as_needed,
    always,   ///< a file wasn't where the index says
    certain,  ///< when they have surely changed: who only adds messages leaves the doubt about young times to whoever
              ///< looks next
};

/// All calls are thread-safe and take the locks they need, in the order: this mailbox's mutex, flock on cur/,
/// dovecot-uidlist.lock, the index's writer.
class MailboxState {
  public:
    /// Opens the folder; looks at nothing yet.
    static Result<std::shared_ptr<MailboxState>> open(std::shared_ptr<StoreState> store, std::string account_root,
                                                      const std::string& path);
    MailboxState(std::shared_ptr<StoreState> store, std::string account_root, Folder folder);
    ~MailboxState();
    MailboxState(const MailboxState&) = delete;
    MailboxState& operator=(const MailboxState&) = delete;

    const std::shared_ptr<const Folder>& folder() const { return folder_; }
    StoreState& store() const { return *store_; }
    const std::string& account_root() const { return account_root_; }

    /// Brings the index up to date with the disk and numbers what is new. `must_scan`: reads the folders, whatever
    /// their times tell: a file wasn't where the index says.
    Result<> synchronise(bool must_scan = false);
    /// Up to date with the disk, as synchronise() makes it.
    Result<Snapshot> look();
    /// A folder's time is too young to be believed: it is to be read once more, by the one who gets true.
    bool take_verification() { return needs_verification_.load() && !verifies_.exchange(true); }
    Result<> verify();
    /// Something changed, and whoever looks now sees it: tells all who wait for this mailbox or its account.
    void tell_others() { store_->watcher().tell(wake_keys_); }
    WakeKey wake_key() const { return wake_keys_.front(); }
    /// The kernel saw a change that nobody here made: the next look doesn't believe a folder's young time.
    void distrust() { is_distrusted_.store(true, std::memory_order_relaxed); }

    std::string guid() const;
    UidValidity uid_validity() const;
    std::vector<std::string> keyword_names() const;
    bool may_create_keywords() const;
    Result<Status> status();
    Result<Delta> refresh(ModSeq since, Access access);
    std::optional<Uid> first_unseen();

    Result<std::vector<MessageRow>> rows(const UidSet& uids, const Columns& columns);
    Result<> each_flags(const UidSet& uids, const FlagsVisitor& visit);
    Result<MessageContent> open_message(Uid uid);
    Result<MessageContent> open_message(const MessageRow& row);
    Result<MessageSummary> summary(Uid uid, SummaryParts parts);
    Result<> each_summary(const UidSet& uids, SummaryPart part, const SummaryVisitor& visit,
                          const std::function<void()>& finish);
    Result<> each_kept_summary(
        const UidSet& uids, SummaryPart part, const SummaryVisitor& visit, const std::function<void()>& finish = [] {});
    /// `viewer`: whose \Seen it is, if not everybody's; empty: that in the files' names.
    Result<ConditionalStore> store_flags(const UidSet& uids, const FlagChange& change,
                                         std::optional<ModSeq> unchanged_since, const std::string& viewer = {});
    /// What a reader has seen who has a \Seen of their own, as of now; some may be gone.
    Result<std::shared_ptr<const UidSet>> seen_by(const std::string& viewer);
    /// The same figures as status() for that reader.
    Result<Status> status_of(const std::string& viewer);
    /// A Mailbox more, or less, that uses this. With the last one go tables that are large: a state is kept though
    /// nobody may use it.
    void begin_use() { ++users_; }
    void end_use();
    /// What a user sees of annotations, as of now; some may be of messages that are gone.
    Result<AnnotationTables> annotations(const AnnotationUser& user);
    Result<ConditionalStore> store_annotations(const UidSet& uids, const std::vector<imap::AnnotationValue>& values,
                                               const AnnotationUser& user, std::optional<ModSeq> unchanged_since);
    Result<MessageChanges> changes_since(ModSeq since);
    Result<std::uint64_t> wire_size();
    Result<std::vector<Uid>> expunge(const UidSet& uids, ExpungeRule rule);
    /// Makes messages of files in tmp/: all or none; durable. Names that were used up are cleared.
    Result<std::vector<Uid>> add(std::vector<Arrival>& arrivals, WhenFull when_full);
    Result<std::vector<CopySource>> copy_sources(const UidSet& uids);
    /// Links a message's file into another folder under a new name; not_found: the message is gone.
    Result<> link_to(const CopySource& source, const Folder& target, const std::string& tmp_name);
    /// For repairs. Writes dovecot-uidlist anew without what makes no sense, tells a message twice or tells of none.
    Result<> compact();
    /// For repairs. Messages get other base names; UID, flags, dates and EMAILID stay. Killed on the way, it is
    /// finished by whoever gives UIDs next. A message that is gone or whose new name is taken is left out.
    Result<> rename_bases(const BaseChanges& changes);
    /// For repairs. New UIDVALIDITY and GUID: a mailbox of its own. Its sessions end.
    Result<> begin_anew();
    /// For repairs. Forgets the rows and reads the files.
    Result<> make_rows_anew();
    /// Deletes the mailbox, `place` below the account's folder, which is open as `root` and locked: takes it to tmp/
    /// (moves_to_trash) and empties it.
    Result<> destroy(int root, const std::string& place);

  private:
    friend class MailboxSync;
    /// A piece of work that changes files: the locks, the mailbox up to date, and what is to be committed.
    struct Work {
        std::unique_lock<std::mutex> guard;
        FileLock flock;
        MailboxEdit edit;
        std::optional<DotLock> list_lock = std::nullopt;  ///< see lock_list
        bool touched_cur = false;
        bool touched_fresh = false;
        void touch(bool is_fresh) { (is_fresh ? touched_fresh : touched_cur) = true; }
    };

    enum class Names : std::uint8_t { known, all };

    static Status status_at(const MailboxRow& row);
    FolderKey key() const { return {folder_->device(), folder_->inode()}; }
    int folder_of(bool fresh) const { return fresh ? folder_->fresh() : folder_->cur(); }
    Result<> check_alive() const;
    Result<FileLock> lock_folder() const;
    Result<IndexReader> reader() const;
    /// What the index says now. Only with Names::all every letter in it has its name.
    Result<Snapshot> snapshot(Names names = Names::known);
    /// With the mutex held: reads dovecot-keywords again if it was changed.
    Result<> reload_letters();

    /// With the mutex held: nothing on disk differs from what the row says.
    Result<bool> is_up_to_date(const MailboxRow& row);
    /// With mutex and flock held: reads what changed and commits it; then an edit on what is there now.
    Result<MailboxEdit> synchronised_edit(Scan scan);
    Result<Work> begin_work(Scan scan = Scan::as_needed);
    /// Takes dovecot-uidlist.lock for what is left of the work: for UIDs, keyword letters, and whenever files are
    /// renamed, for Dovecot trusts a folder that it reads under this lock.
    Result<> lock_list(Work& work);
    /// Files were changed by this work: the folders' new times are ours. What can't be committed is found on disk
    /// again.
    void end_work(Work& work);
    /// Reads the folders again for a message that wasn't where the index says, in the middle of a piece of work.
    Result<> rescan(Work& work);
    /// This mailbox's UIDVALIDITY; not_found: it isn't the one that the sessions here know.
    Result<> take_identity(const UidListPosition& position);

    /// False: the flags were so, or the message is gone or its file's name has no room for them.
    Result<bool> set_flags(Work& work, std::uint32_t uid, const FlagChange& change, std::uint32_t letters);
    /// Of these messages the ones whose files' names may have no room for flags: their new base names.
    BaseChanges names_with_room(Work& work, std::span<const std::uint32_t> uids) const;
    /// Gives base names with room for flags. That it isn't possible now is no reason to fail: it is logged.
    void make_room(const BaseChanges& changes);
    /// The reader's file, up to date; with mutex and flock held. Good until the next call of this.
    Result<SeenFile*> seen_file(const std::string& viewer);
    /// The part of STORE that is a reader's own; gives whether anything changed.
    Result<bool> set_seen(Work& work, std::span<const std::uint32_t> uids, const FlagChange& change,
                          const std::string& viewer);
    /// A file of annotations, up to date; with mutex and flock held. Good until the next call of this.
    Result<MessageAnnotationFile*> annotation_file(const MessageAnnotationFile::Name& name);
    /// The same of the table, with the mutex held; where there is no file it costs one stat.
    Result<std::shared_ptr<const AnnotationTable>> annotation_table(const MessageAnnotationFile::Name& name);
    /// limit: no room in the account for what these add to a file of annotations.
    Result<> check_annotations(const MessageAnnotationFile::Name& name, const std::vector<AnnotationRecord>& records,
                               const AnnotationUser& user) const;
    /// Makes changes of everybody's annotations, then of the user's own; with mutex and flock held. Messages that have
    /// others now are touched.
    Result<> change_annotations(MailboxEdit& edit, const std::vector<AnnotationRecord>& shared,
                                const std::vector<AnnotationRecord>& own, const AnnotationUser& user);
    /// Gives new messages theirs, from this UID on.
    Result<> annotate(Work& work, const std::vector<Arrival>& arrivals, std::uint32_t first_uid, WhenFull when_full);
    /// Removes those of messages that are gone; of other users than the owner when their file is written the next time.
    void drop_annotations(const std::vector<Uid>& gone);
    /// The part of STORE that no file name holds; gives whether anything changed.
    Result<bool> set_further(Work& work, std::span<const std::uint32_t> uids, const FlagChange& change,
                             const FurtherSet& given);
    /// Writes posthouse-keywords anew when most of it is superseded.
    void tidy_further(Work& work);
    Result<bool> unlink_message(Work& work, std::uint32_t uid);
    /// What stands for these keywords here.
    KeywordNumbers numbers_of(const Keywords& keywords) const;
    /// The same with letters, and when they run out numbers, given to names that had none; durably, for no message may
    /// have them before. Needs lock_list.
    Result<KeywordNumbers> make_keywords(Work& work, const Keywords& keywords, WhenFull when_full);
    Result<> name_letters(std::span<const std::string> names, std::uint32_t taken);
    Result<> name_further(MailboxEdit& edit, std::span<const std::string> names);
    /// Letters or numbers mean more or something else than before.
    void keywords_changed();
    /// What the numbers mean by the index; to be called before numbers of this snapshot are looked at.
    Result<> take_names(const IndexReader& reader, const MailboxRow& row);
    void set_names(std::shared_ptr<const FurtherNames> names);
    /// The UIDs of all messages in this snapshot.
    Result<UidRanges> all_uids(const IndexReader& reader, const MailboxRow& row);
    Result<std::vector<Uid>> claim(bool again = true);
    Result<std::vector<Uid>> add_locked(Work& work, std::vector<Arrival>& arrivals, WhenFull when_full);
    Result<Record> place(const Arrival& arrival, const UidListEntry& entry) const;
    Result<> load_details(std::span<const std::uint32_t> uids, const Columns& columns,
                          int renames_left = renames_followed);
    Result<> put_details(const std::vector<Record>& records);
    /// The message as it was when the record was read, or as open_message(uid) finds it.
    Result<MessageContent> open_message(const Record& record);
    Result<MessageContent> content_of(Record record, MessageFile file);
    /// Made from the message's content, and kept for the index.
    Result<MessageSummary> make_summary(Summariser& summariser, std::uint32_t mailbox, Uid uid, MessageContent content,
                                        SummaryParts parts);
    /// Makes a record for each of these that exists; in batches, each of one snapshot.
    Result<> make_summaries(std::span<const Uid> uids, SummaryParts parts);
    /// Keeps what was made of a message for the index; what is kept is written in batches.
    void keep_summary(std::uint32_t mailbox, Uid uid, const MessageSummary& summary);
    void flush_summaries();

    const std::shared_ptr<StoreState> store_;
    const std::string account_root_;
    const IndexPlace index_place_;
    const std::shared_ptr<const Folder> folder_;
    const std::array<WakeKey, 2> wake_keys_;  ///< this mailbox, its account
    std::atomic<bool> needs_verification_{false};
    std::atomic<bool> verifies_{false};
    std::atomic<bool> is_distrusted_{false};

    struct KeptSummary {
        std::uint32_t mailbox = 0;
        Uid uid;
        MessageSummary summary;
    };
    std::mutex summaries_mutex_;
    std::vector<KeptSummary> summaries_;

    /// What wire_size() found, and when.
    struct WireSize {
        ModSeq at;
        Uid uid_next;
        std::uint64_t bytes = 0;
    };
    std::mutex wire_size_mutex_;
    WireSize wire_size_;

    /// All UIDs, and when: a new view begins with them and what has changed since.
    struct KnownUids {
        ModSeq at;
        UidRanges uids;
    };
    std::mutex known_uids_mutex_;
    KnownUids known_uids_;

    mutable std::mutex mutex_;
    bool deleted_ = false;
    std::uint32_t known_validity_ = 0;
    UidListFile list_;
    KeywordFile letters_;
    FurtherKeywordFile further_;
    std::shared_ptr<const FurtherNames> names_ = std::make_shared<FurtherNames>();
    std::shared_ptr<const KeywordSets> keyword_sets_;
    std::map<std::string, SeenFile> seen_;  ///< by reader; some of those who look
    std::atomic<std::size_t> users_ = 0;
    std::map<std::string, MessageAnnotationFile> annotation_files_;  ///< by name; some of those that are looked at
};

}  // namespace posthouse::storage
