// Index: one account's LMDB environment. A cache: whatever is wrong with it, it is made anew and filled from the
// Maildir.
#pragma once

#include <lmdb.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "lib/base/fd.h"
#include "lib/base/result.h"

namespace posthouse::storage {

/// The tables of an environment. Keys are big-endian, so that they ascend as numbers do.
struct IndexTables {
    MDB_dbi meta = 0;       ///< names: counters
    MDB_dbi mailboxes = 0;  ///< device, inode of the folder: MailboxRow
    MDB_dbi flags = 0;      ///< mailbox, UID / 64: FlagChunk
    MDB_dbi files = 0;      ///< mailbox, UID: FileRow
    MDB_dbi absent = 0;     ///< mailbox, base name: AbsentLine
    MDB_dbi changes = 0;    ///< mailbox, modseq, UID: whether it is gone
    MDB_dbi summaries = 0;  ///< mailbox, UID: what is cached of the content
    MDB_dbi tree = 0;       ///< device, inode of the folder: TreeRow
    MDB_dbi log = 0;        ///< modseq: AccountLogEntry
    MDB_dbi further = 0;    ///< mailbox, UID: FurtherSet
    MDB_dbi strays = 0;     ///< mailbox, base name: FurtherSet of a message that isn't there
    MDB_dbi names = 0;      ///< mailbox: FurtherNames
    MDB_dbi given = 0;      ///< a mailbox's GUID: GivenUids
};

/// Where an account's mail and its index lie.
struct IndexPlace {
    std::string folder;        ///< of the index: index_root/<domain>/<local part>
    std::string account_root;  ///< of the mail: holds the file with the modseq that outlives the index
    std::uint64_t map_bytes = 0;
};

/// What lies at an index's place.
struct IndexCondition {
    bool is_there = false;
    std::string why_not_believed;  ///< empty: it is believed, or not there
    std::uint64_t bytes = 0;       ///< on disk
};

/// An open environment; shared by all threads and sessions of the process, never open twice in it. Thread-safe. Commits
/// aren't synced: after a crash of the machine the environment isn't believed (index_state.h).
class Index {
  public:
    /// The account's environment: the open one, else opened, else (missing, of another version, damaged, not believed)
    /// made anew. no_space, io, denied: there can't be one now.
    static Result<std::shared_ptr<Index>> get(const IndexPlace& place);
    /// Begins a transaction (flags: LMDB's). One that fails for good marks the index.
    Result<MDB_txn*> begin(unsigned flags);
    /// Looks whether there is an index, without making or changing anything.
    static Result<IndexCondition> look(const IndexPlace& place);
    /// Removes the account's index; who has it open notices.
    static Result<> remove(const IndexPlace& place);

    ~Index();
    Index(const Index&) = delete;
    Index& operator=(const Index&) = delete;

    MDB_env* env() const { return env_; }
    /// Its folder, open: where STATE lies.
    int folder() const { return folder_.get(); }
    const IndexTables& tables() const { return tables_; }
    /// Not deleted by somebody, and not found damaged.
    bool usable() const;
    /// Something in it made no sense: the next get() makes it anew. `why` is for the log.
    void mark_damaged(std::string_view why);
    /// It is full: the next get() makes it anew with twice the room.
    void mark_full();
    /// Modseqs up to this one may be given without a promise in the mail root first.
    std::uint64_t modseq_limit() const { return modseq_limit_.load(std::memory_order_relaxed); }
    /// Raises the promise, durably; for a counter that has reached the limit.
    Result<> raise_modseq_limit(std::uint64_t reached);

  private:
    explicit Index(IndexPlace place) : place_(std::move(place)) {}
    Result<> open();
    Result<> open_tables();
    static std::string why_unreadable(const IndexPlace& place);
    static Result<std::shared_ptr<Index>> open_or_make(const IndexPlace& place);

    IndexPlace place_;
    UniqueFd folder_;  ///< of the index: where STATE lies, whatever it is called now
    MDB_env* env_ = nullptr;
    IndexTables tables_;
    std::size_t guard_slot_ = 0;
    std::atomic<bool> damaged_{false};
    std::atomic<std::uint64_t> modseq_limit_{0};
};

/// Turns LMDB's return code into an Error for `what`.
std::unexpected<Error> fail_index(std::string_view what, int code);

}  // namespace posthouse::storage
