// Reading and writing the index: a snapshot that threads read from, and the one writer's transaction.
#pragma once

#include <lmdb.h>

#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/result.h"
#include "storage/index/account_rows.h"
#include "storage/index/fault_guard.h"
#include "storage/index/index.h"
#include "storage/index/rows.h"

namespace posthouse::storage {

/// Mailboxes that are gone: of more of them is forgotten which UIDs they gave.
constexpr std::size_t max_given_uids = 4096;

/// A key: big-endian numbers, and at most one name at its end.
class IndexKey {
  public:
    IndexKey& add(SummaryPart part);
    IndexKey& add(std::uint32_t number);
    IndexKey& add(std::uint64_t number);
    IndexKey& add(std::string_view text);
    std::string_view bytes() const { return {bytes_, size_}; }

  private:
    static constexpr std::size_t max_bytes = 511;  // LMDB's
    char bytes_[max_bytes];
    std::size_t size_ = 0;
};

/// A snapshot of an account's index. Used by one thread at a time and never kept longer than one piece of work, for old
/// pages can't be used again meanwhile. A failure inside is remembered: what was not found may be there after all, so
/// check `status` before anything is concluded from absence.
class IndexReader {
  public:
    /// On the account's index, which is opened or made where needed.
    static Result<IndexReader> begin(const IndexPlace& place);
    IndexReader(IndexReader&& other) noexcept
        : index_(std::move(other.index_)),
          txn_(std::exchange(other.txn_, nullptr)),
          further_(std::exchange(other.further_, nullptr)),
          error_(other.error_) {}
    IndexReader& operator=(IndexReader&& other) noexcept {
        std::swap(index_, other.index_);
        std::swap(txn_, other.txn_);
        std::swap(further_, other.further_);
        std::swap(error_, other.error_);
        return *this;
    }
    ~IndexReader();

    /// The account's counter of changes.
    std::uint64_t modseq() const;
    std::optional<MailboxRow> mailbox(const FolderKey& folder) const;
    /// False: there is no message of this mailbox among these 64 UIDs.
    bool chunk(std::uint32_t mailbox, std::uint32_t number, FlagChunk& chunk) const;
    /// The flags of one message; place none: there is no such message.
    FlagRow flags(std::uint32_t mailbox, std::uint32_t uid) const;
    /// Calls call(uid, const FlagRow&) for the messages from `first` to `last`, ascending, until it returns false.
    template <typename Call>
    void each_flags(std::uint32_t mailbox, std::uint32_t first, std::uint32_t last, Call call) const;
    std::optional<FileRow> file(std::uint32_t mailbox, std::uint32_t uid) const;
    std::optional<AbsentLine> absent(std::uint32_t mailbox, std::string_view base) const;
    /// The further keywords of a message whose FlagRow says that it has some, as bytes in the snapshot. Cheapest by
    /// ascending UID. Not while writing.
    std::string_view further(std::uint32_t mailbox, std::uint32_t uid) const;
    std::optional<FurtherSet> stray(std::uint32_t mailbox, std::string_view base) const;
    /// What the mailbox's numbers mean, where there is something.
    FurtherNames further_names(std::uint32_t mailbox, std::uint64_t fingerprint) const;
    /// Calls call(uid, is_gone, changed) for each change after `since`, oldest first. `changed`: its modseq, or where
    /// only what some reader has seen is another since then, that of the last change before.
    template <typename Call>
    void each_change(std::uint32_t mailbox, std::uint64_t since, Call call) const;
    /// What is cached of a message's content; a view into the snapshot.
    std::optional<std::string_view> summary(std::uint32_t mailbox, std::uint32_t uid, SummaryPart part) const;
    /// Calls call(uid, record) for each cached record of this part from UID `first` to `last`, ascending. A record may
    /// be left of a message that is gone.
    template <typename Call>
    void each_summary(std::uint32_t mailbox, std::uint32_t first, std::uint32_t last, SummaryPart part,
                      Call call) const;
    /// UIDNEXT of this mailbox as far as the index knows, wherever it lay; 1: it doesn't, or of another UIDVALIDITY.
    std::uint32_t next_uid(const UidListPosition& list) const;
    /// Calls call(const FolderKey&, const MailboxRow&) for each mailbox.
    template <typename Call>
    void each_mailbox(Call call) const;

    /// Nothing: the account's log hasn't begun.
    std::optional<AccountRow> account() const;
    /// The subscribed names, sorted, as the log last told them.
    std::vector<std::string> subscriptions() const;
    std::optional<TreeRow> tree(const FolderKey& folder) const;
    /// Calls call(const FolderKey&, TreeRow) for each mailbox that the log told of.
    template <typename Call>
    void each_tree(Call call) const;
    /// Calls call(modseq, const AccountLogEntry&) for each entry after `since`, oldest first.
    template <typename Call>
    void each_account_change(std::uint64_t since, Call call) const;

    Result<> status() const;
    const std::shared_ptr<Index>& index() const { return index_; }

  protected:
    IndexReader(std::shared_ptr<Index> index, MDB_txn* txn) : index_(std::move(index)), txn_(txn) {}
    std::optional<std::string_view> get(MDB_dbi table, const IndexKey& key) const;
    /// Walks entries from `from` on while their keys begin with `prefix`; call(key, value) returns false to stop.
    template <typename Call>
    void walk(MDB_dbi table, const IndexKey& from, std::string_view prefix, Call call) const;
    void note(std::string_view what, int code) const;

    std::shared_ptr<Index> index_;
    MDB_txn* txn_ = nullptr;
    mutable MDB_cursor* further_ = nullptr;  ///< where further() was last
    mutable int error_ = 0;
};

/// The writer's transaction: one at a time among all processes, so no file work and no waiting inside. Begins and ends
/// on one thread. Not committed: nothing happened.
class IndexWriter : public IndexReader {
  public:
    static Result<IndexWriter> begin(std::shared_ptr<Index> index);

    /// The next modification sequence.
    std::uint64_t next_modseq();
    std::uint32_t next_mailbox_number();
    void put_mailbox(const FolderKey& folder, const MailboxRow& row);
    void erase_mailbox(const FolderKey& folder);
    /// Remembers which UIDs a mailbox has given; under one UIDVALIDITY that never goes back.
    void put_given_uids(const UidListPosition& list);
    /// Forgets it of mailboxes without a row when there are more than max_given_uids of them.
    void forget_given_uids();
    void put_account(const AccountRow& row);
    void put_subscriptions(const std::vector<std::string>& names);
    void put_tree(const FolderKey& folder, const TreeRow& row);
    void erase_tree(const FolderKey& folder);
    void put_account_change(std::uint64_t modseq, const AccountLogEntry& entry);
    /// Nothing when there is none.
    void erase_account_change(std::uint64_t modseq);
    /// Forgets the oldest `count` entries but for those of messages; gives the modseq of the last one forgotten.
    std::uint64_t erase_account_changes(std::uint64_t count);
    void put_chunk(std::uint32_t mailbox, std::uint32_t number, const FlagChunk& chunk);
    void put_file(std::uint32_t mailbox, std::uint32_t uid, const FileRow& row);
    void erase_file(std::uint32_t mailbox, std::uint32_t uid);
    void put_absent(std::uint32_t mailbox, std::string_view base, const AbsentLine& line);
    void erase_absent(std::uint32_t mailbox, std::string_view base);
    void erase_all_absent(std::uint32_t mailbox);
    void put_further(std::uint32_t mailbox, std::uint32_t uid, const FurtherSet& set);
    void erase_further(std::uint32_t mailbox, std::uint32_t uid);
    /// An empty set: erases.
    void put_stray(std::uint32_t mailbox, std::string_view base, const FurtherSet& set);
    void erase_all_strays(std::uint32_t mailbox);
    void put_further_names(std::uint32_t mailbox, const FurtherNames& names);
    void put_change(std::uint32_t mailbox, std::uint64_t modseq, std::uint32_t uid, bool is_gone);
    /// A change of what some reader has seen; `before`: the message's modseq until now, whose entry it replaces.
    void put_change_of_reader(std::uint32_t mailbox, std::uint64_t modseq, std::uint32_t uid, std::uint64_t before);
    void erase_change(std::uint32_t mailbox, std::uint64_t modseq, std::uint32_t uid);
    /// Forgets the oldest tombstones of a mailbox until only `keep` are left; gives the modseq of the last one
    /// forgotten.
    std::uint64_t erase_tombstones(std::uint32_t mailbox, std::uint32_t there, std::uint32_t keep);
    void put_summary(std::uint32_t mailbox, std::uint32_t uid, SummaryPart part, std::string_view bytes);
    /// Of both parts.
    void erase_summaries(std::uint32_t mailbox, std::uint32_t uid);
    /// Removes at most `max` entries that a mailbox without a row left behind; false: there are none any more.
    bool erase_leftovers(std::uint32_t mailbox, std::size_t max);

    Result<> commit();

  private:
    using IndexReader::IndexReader;
    void put(MDB_dbi table, const IndexKey& key, std::string_view value);
    void erase(MDB_dbi table, const IndexKey& key);
    /// Erases at most `max` entries of a mailbox; gives how many it were.
    std::size_t erase_of(MDB_dbi table, std::uint32_t mailbox, std::size_t max);
    std::uint64_t counter(std::string_view name) const;
};

/// Calls write(IndexWriter&) and commits; both once more where the promise of modseqs had to be raised meanwhile.
template <typename Write>
Result<> write_to(const std::shared_ptr<Index>& index, Write write) {
    constexpr int tries = 3;
    for (int left = tries;; --left) {
        Result<IndexWriter> writer = IndexWriter::begin(index);
        if (!writer) return fail(writer.error());
        write(*writer);
        Result<> committed = writer->commit();
        if (committed || committed.error().code != ErrorCode::busy || left == 1) return committed;
    }
}

std::uint32_t read_u32(std::string_view bytes, std::size_t at);
std::uint64_t read_u64(std::string_view bytes, std::size_t at);

template <typename Call>
void IndexReader::walk(MDB_dbi table, const IndexKey& from, std::string_view prefix, Call call) const {
    const InIndex guard(index_->folder());
    MDB_cursor* opened = nullptr;
    if (const int code = mdb_cursor_open(txn_, table, &opened); code != 0) return note("cursor", code);
    const std::unique_ptr<MDB_cursor, decltype(&mdb_cursor_close)> cursor(opened, mdb_cursor_close);
    MDB_val key{from.bytes().size(), const_cast<char*>(from.bytes().data())};
    MDB_val value{};
    // LMDB takes no empty key.
    int code = mdb_cursor_get(cursor.get(), &key, &value, key.mv_size == 0 ? MDB_FIRST : MDB_SET_RANGE);
    for (; code == 0; code = mdb_cursor_get(cursor.get(), &key, &value, MDB_NEXT)) {
        const std::string_view found(static_cast<const char*>(key.mv_data), key.mv_size);
        if (!found.starts_with(prefix)) return;
        if (!call(found, std::string_view(static_cast<const char*>(value.mv_data), value.mv_size))) return;
    }
    if (code != MDB_NOTFOUND) note("walk", code);
}

template <typename Call>
void IndexReader::each_flags(std::uint32_t mailbox, std::uint32_t first, std::uint32_t last, Call call) const {
    IndexKey prefix;
    prefix.add(mailbox);
    IndexKey from = prefix;
    from.add(first / flags_per_chunk);
    walk(index_->tables().flags, from, prefix.bytes(), [&](std::string_view key, std::string_view value) {
        if (key.size() != 8 || value.size() != sizeof(FlagChunk)) {
            note("a row of flags is damaged", MDB_CORRUPTED);
            return false;
        }
        const std::uint64_t begin = std::uint64_t{read_u32(key, 4)} * flags_per_chunk;
        if (begin > last) return false;
        FlagChunk chunk;
        std::memcpy(chunk.data(), value.data(), sizeof chunk);
        for (std::uint32_t i = 0; i < flags_per_chunk; ++i) {
            const std::uint64_t uid = begin + i;
            if (chunk[i].place == Place::none || uid < first) continue;
            if (uid > last || !call(static_cast<std::uint32_t>(uid), std::as_const(chunk[i]))) return false;
        }
        return true;
    });
}

template <typename Call>
void IndexReader::each_change(std::uint32_t mailbox, std::uint64_t since, Call call) const {
    IndexKey prefix;
    prefix.add(mailbox);
    IndexKey from = prefix;
    from.add(since + 1);
    walk(index_->tables().changes, from, prefix.bytes(), [&](std::string_view key, std::string_view value) {
        const bool is_of_reader = value.size() == sizeof(std::uint64_t);
        if (key.size() != 16 || (value.size() != 1 && !is_of_reader)) {
            note("a change is damaged", MDB_CORRUPTED);
            return false;
        }
        call(read_u32(key, 12), !is_of_reader && value[0] != 0, is_of_reader ? read_u64(value, 0) : read_u64(key, 4));
        return true;
    });
}

template <typename Call>
void IndexReader::each_summary(std::uint32_t mailbox, std::uint32_t first, std::uint32_t last, SummaryPart part,
                               Call call) const {
    IndexKey prefix;
    prefix.add(mailbox);
    IndexKey from = prefix;
    from.add(first);
    walk(index_->tables().summaries, from, prefix.bytes(), [&](std::string_view key, std::string_view value) {
        if (key.size() != 9) {
            note("a summary's key is damaged", MDB_CORRUPTED);
            return false;
        }
        const std::uint32_t uid = read_u32(key, 4);
        if (uid > last) return false;
        if (key.back() == static_cast<char>(part)) call(uid, value);
        return true;
    });
}

template <typename Call>
void IndexReader::each_mailbox(Call call) const {
    walk(index_->tables().mailboxes, IndexKey(), {}, [&](std::string_view key, std::string_view value) {
        MailboxRow row;
        if (key.size() != 16 || value.size() != sizeof row) {
            note("a mailbox's row is damaged", MDB_CORRUPTED);
            return false;
        }
        std::memcpy(static_cast<void*>(&row), value.data(), sizeof row);
        call(FolderKey{read_u64(key, 0), read_u64(key, 8)}, row);
        return true;
    });
}

template <typename Call>
void IndexReader::each_tree(Call call) const {
    walk(index_->tables().tree, IndexKey(), {}, [&](std::string_view key, std::string_view value) {
        TreeRow row;
        if (key.size() != 16 || !decode(value, row)) {
            note("a row of the tree is damaged", MDB_CORRUPTED);
            return false;
        }
        call(FolderKey{read_u64(key, 0), read_u64(key, 8)}, std::move(row));
        return true;
    });
}

template <typename Call>
void IndexReader::each_account_change(std::uint64_t since, Call call) const {
    IndexKey from;
    from.add(since + 1);
    walk(index_->tables().log, from, {}, [&](std::string_view key, std::string_view value) {
        AccountLogEntry entry;
        if (key.size() != 8 || !decode(value, entry)) {
            note("an entry of the account's log is damaged", MDB_CORRUPTED);
            return false;
        }
        call(read_u64(key, 0), std::as_const(entry));
        return true;
    });
}

}  // namespace posthouse::storage
