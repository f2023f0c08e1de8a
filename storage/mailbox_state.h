// A mailbox in memory, shared by all sessions of this process: which message lies in which file, kept true to the disk.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "lib/base/result.h"
#include "storage/change_log.h"
#include "storage/folder.h"
#include "storage/keyword_file.h"
#include "storage/mailbox.h"
#include "storage/maildir_name.h"
#include "storage/store_state.h"
#include "storage/types.h"
#include "storage/uidlist_file.h"
#include "storage/view.h"

namespace posthouse::storage {

/// A message that is there: its UID and its file.
struct Record {
    static constexpr std::int64_t unknown = -1;
    std::uint32_t uid = 0;
    std::uint32_t keywords = 0;  ///< letters of the file's name
    SystemFlags system;
    bool fresh = false;  ///< in new/, else in cur/
    std::string file;
    std::string extras;         ///< fields of its line in dovecot-uidlist
    std::uint64_t changed = 0;  ///< its entry in the change log
    std::int64_t internal_date = unknown;
    std::int64_t first_seen = unknown;  ///< its ctime then: SAVEDATE where the line has no D
    std::int64_t physical_size = unknown;
    std::int64_t wire_size = unknown;

    std::string_view base() const { return base_of(file); }
};

/// A file of this mailbox's tmp/ that is to become a message.
struct Arrival {
    std::string tmp_name;
    std::string base;
    SystemFlags system;
    Keywords keywords;
    std::string extras;  ///< of its line, e.g. the GUID it had elsewhere
};

/// A message to be copied: linked from one folder to the other's tmp/.
struct CopySource {
    std::uint32_t uid = 0;
    std::string file;
    bool fresh = false;
    Flags flags;
    std::string guid;
    std::uint64_t physical_size = 0;
    std::uint64_t wire_size = 0;
};

/// What a View learns by a refresh.
struct Delta {
    bool whole = false;  ///< too much changed: `uids` are all there are, nothing else is told
    std::vector<Uid> uids;
    std::vector<MessageFlags> flags;  ///< of new and changed messages
    std::vector<Uid> gone;
    std::vector<Uid> recent;  ///< claimed by this session now; or, when it only looks, all that nobody claimed
    ModSeq now;
    Uid uid_next;
};

/// All calls are thread-safe and take the locks they need, in the order: this mailbox's mutex, flock on cur/,
/// dovecot-uidlist.lock.
class MailboxState {
  public:
    /// Opens the folder; loads nothing yet.
    static Result<std::shared_ptr<MailboxState>> open(std::shared_ptr<StoreState> store, std::string account_root,
                                                      const std::string& path);
    MailboxState(std::shared_ptr<StoreState> store, std::string account_root, Folder folder);
    ~MailboxState();
    MailboxState(const MailboxState&) = delete;
    MailboxState& operator=(const MailboxState&) = delete;

    const std::shared_ptr<const Folder>& folder() const { return folder_; }
    StoreState& store() const { return *store_; }
    /// Messages in memory; may lag.
    std::size_t size_hint() const { return size_hint_.load(std::memory_order_relaxed); }

    /// Brings memory up to date with the disk and numbers what is new. Cheap when nothing changed.
    Result<> synchronise();
    std::string guid() const;
    UidValidity uid_validity() const;
    std::vector<std::string> keyword_names() const;
    bool may_create_keywords() const;
    Result<Status> status();
    Result<Delta> refresh(ModSeq since, Access access);
    std::optional<Uid> first_unseen();

    Result<std::vector<MessageRow>> rows(const UidSet& uids, const Columns& columns);
    Result<MessageContent> open_message(Uid uid);
    Result<std::vector<MessageFlags>> store_flags(const UidSet& uids, const FlagChange& change);
    Result<std::vector<Uid>> expunge(const UidSet& uids, ExpungeRule rule);
    /// Makes messages of files in tmp/: all or none; durable. Names that were used up are cleared.
    Result<std::vector<Uid>> add(std::vector<Arrival>& arrivals, WhenFull when_full);
    std::vector<CopySource> copy_sources(const UidSet& uids) const;
    /// Links a message's file into another folder under a new name; not_found: the message is gone.
    Result<> link_to(const CopySource& source, const Folder& target, const std::string& tmp_name);
    /// Deletes the mailbox: moves its folder to `trash` in the account's tmp/ and empties it.
    Result<> destroy(const std::string& path, const std::string& trash);

  private:
    friend class MailboxSync;
    /// How a folder was when it was read.
    struct Look {
        Stamp stamp;
        std::int64_t at_ns = 0;    ///< wall clock at the reading; 0: never read
        std::int64_t cost_ns = 0;  ///< how long the reading took
    };
    struct Absent {
        std::uint32_t uid = 0;
        std::string extras;
    };
    struct TextHash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
    };
    using AbsentLines = std::unordered_map<std::string, Absent, TextHash, std::equal_to<>>;

    Result<> check_alive() const;
    /// With the mutex held (and the flock, where said so).
    Result<> synchronise_locked(bool holds_flock, bool must_scan = false);
    Result<FileLock> lock_folder() const;

    const Record* find(std::uint32_t uid) const;
    Record* find(std::uint32_t uid) { return const_cast<Record*>(std::as_const(*this).find(uid)); }
    std::vector<std::uint32_t> existing(const UidSet& uids) const;
    Flags flags_of_record(const Record& record) const;
    const Keywords& keywords_of(std::uint32_t mask) const;
    std::string guid_of(const Record& record) const;

    void count(const Record& record, int sign);
    void insert(Record record);
    void sort_records();
    void rename_record(Record& record, std::string file, bool fresh);
    /// Takes records out (UIDs ascending); their lines stay in dovecot-uidlist for now.
    void drop(const std::vector<std::uint32_t>& uids);
    /// Tells the watchers.
    void noted();
    int folder_of(bool fresh) const { return fresh ? folder_->fresh() : folder_->cur(); }
    void own_change(Look& look, int folder);
    Result<const Record*> rescan_for(std::uint32_t uid);
    Result<> set_flags(std::uint32_t uid, const FlagChange& change, std::uint32_t mask);
    Result<bool> unlink_record(std::uint32_t uid);
    Result<> compact();
    Result<> load_details(std::span<const std::uint32_t> uids, const Columns& columns, bool again);
    MessageRow row_of(const Record& record, const Columns& columns) const;
    Result<std::vector<Uid>> claim();
    std::vector<Uid> unclaimed() const;
    Result<std::vector<Uid>> add_locked(std::vector<Arrival>& arrivals, WhenFull when_full);
    Result<Record> place(const Arrival& arrival, const UidListEntry& entry) const;

    const std::shared_ptr<StoreState> store_;
    const std::string account_root_;
    const std::shared_ptr<const Folder> folder_;
    std::atomic<std::size_t> size_hint_{0};

    mutable std::mutex mutex_;
    bool deleted_ = false;
    bool loaded_ = false;
    std::uint32_t known_validity_ = 0;
    UidListFile list_;
    KeywordFile keywords_;
    mutable std::unordered_map<std::uint32_t, Keywords> keyword_sets_;
    std::vector<Record> records_;    ///< by UID
    AbsentLines absent_;             ///< lines of dovecot-uidlist without a file, by base name
    std::uint32_t settled_uid_ = 0;  ///< lines up to here are known to have a file or none
    Look look_cur_;
    Look look_fresh_;
    ChangeLog log_;
    std::uint32_t fresh_ = 0;
    std::uint32_t unseen_ = 0;
    std::uint32_t deleted_messages_ = 0;
    std::uint32_t unseen_from_ = 0;  ///< no message below it is unseen
};

}  // namespace posthouse::storage
