// Changes of one mailbox, staged over a snapshot of the index and committed at once. Its user holds the mailbox's
// locks.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lib/base/result.h"
#include "storage/index/transaction.h"
#include "storage/types.h"

namespace posthouse::storage {

/// One piece of work on a mailbox. Used by one thread.
class MailboxEdit {
  public:
    MailboxEdit(IndexReader snapshot, FolderKey folder);
    MailboxEdit(MailboxEdit&&) noexcept = default;
    MailboxEdit& operator=(MailboxEdit&&) noexcept = default;

    /// Counts and positions; whoever works on the mailbox keeps the positions true.
    MailboxRow& row() { return row_; }
    const MailboxRow& row() const { return row_; }
    /// The index as it was when the edit began.
    const IndexReader& snapshot() const { return snapshot_; }
    /// The mailbox was in the index when the edit began, so its changes are told one by one.
    bool is_known() const { return before_.number != 0; }
    /// Forgets all messages: another mailbox lies in this folder now.
    void reset();

    /// A message; nullptr: there is none. Good until the next call of this object.
    const Record* find(std::uint32_t uid);
    /// The UIDs of those that exist, ascending.
    std::vector<std::uint32_t> existing(const UidSet& uids);
    /// Messages in new/, ascending.
    std::vector<std::uint32_t> fresh();
    /// The keyword letters that messages carry; costs a look at all flags.
    std::uint32_t letters() const;
    /// The UIDs of messages that have one of these base names; costs a look at every message's row.
    std::vector<std::uint32_t> named(const std::set<std::string_view>& bases);
    /// Brings all messages into memory; then each_loaded sees all.
    void load_all();
    /// Calls call(const Record&) for each message in memory that exists, ascending; it must not change the edit.
    template <typename Call>
    void each_loaded(Call call) const {
        for (const Staged& staged : staged_)
            if (staged.now.exists()) call(staged.now);
    }

    void insert(Record record);
    /// The file has another name or lies in the other folder: its flags are what the name says.
    void rename(std::uint32_t uid, std::string_view file_name, bool is_fresh);
    void set_extras(std::uint32_t uid, std::string extras);
    void set_further(std::uint32_t uid, FurtherSet set);
    /// What some reader has seen is another: the message gets a modseq, and the sessions of others needn't hear of it.
    void touch(std::uint32_t uid);
    /// The message is gone; its line stays in dovecot-uidlist for now, its further keywords in their file.
    void drop(std::uint32_t uid);

    std::optional<AbsentLine> absent(const std::string& base) const;
    void put_absent(const std::string& base, AbsentLine line);
    void erase_absent(const std::string& base);
    /// Forgets all lines without a file.
    void erase_all_absent();
    /// Further keywords of a message that isn't there: it has them when it comes. None: there is nothing to remember.
    void put_stray(const std::string& base, FurtherSet set);
    FurtherSet take_stray(const std::string& base);
    void erase_all_strays();
    /// What the numbers of further keywords mean from now on.
    void set_names(std::shared_ptr<const FurtherNames> names);

    /// A line without a file, put by this edit, has a UID above `uid`.
    bool has_absent_above(std::uint32_t uid) const;

    /// Messages or flags differ from before.
    bool has_changes() const;
    /// Writes what was staged; nothing when there is nothing. The edit is used up.
    Result<> commit(std::uint32_t max_tombstones);

  private:
    struct Staged {
        Record now;
        FlagRow before;                ///< place none: it wasn't there
        bool file_changed = false;     ///< its FileRow is to be written
        bool further_changed = false;  ///< its further keywords are to be written
        bool is_touched = false;       ///< see touch()
        /// Sessions are to hear of it: not of a file that only moved from new/ to cur/.
        bool is_told() const { return is_changed() || is_touched; }
        /// The sessions of all are.
        bool is_changed() const;
    };

    Staged* stage(std::uint32_t uid);
    std::optional<Staged> staged_of(std::uint32_t uid, const FlagRow& flags) const;
    void count(const Record& record, int sign);
    void write(IndexWriter& writer, std::uint32_t max_tombstones);
    void write_messages(IndexWriter& writer);
    void write_further(IndexWriter& writer, const Staged& staged) const;

    IndexReader snapshot_;
    FolderKey folder_;
    MailboxRow before_;
    MailboxRow row_;
    std::vector<Staged> staged_;  ///< by UID
    bool all_loaded_ = false;
    std::unordered_map<std::string, std::optional<AbsentLine>> absent_;
    bool absent_erased_ = false;
    std::unordered_map<std::string, FurtherSet> strays_;
    bool strays_erased_ = false;
    std::shared_ptr<const FurtherNames> names_;  ///< null: as before
    std::uint32_t forgotten_number_ = 0;         ///< of the mailbox that reset() forgot
    std::uint64_t forgotten_modseq_ = 0;
};

/// Removes, in pieces, what the index holds of a mailbox that has no row any more.
Result<> erase_leftovers(const std::shared_ptr<Index>& index, std::uint32_t mailbox);

}  // namespace posthouse::storage
