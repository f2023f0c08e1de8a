// Bringing a mailbox's rows up to date with its folder and its dovecot-uidlist, and giving UIDs to what is new.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "lib/base/result.h"
#include "storage/courier.h"
#include "storage/mailbox_state.h"

namespace posthouse::storage {

/// A folder's time is believed when it was that old at the reading: times tick.
constexpr std::int64_t young_ns = 1'000'000'000;
/// What a folder's time tells about the last reading.
enum class Doubt {
    none,     ///< nothing changed since
    young,    ///< the time is the same, but so young at the reading that a change just after it may have left it so
    certain,  ///< it changed
};
Doubt doubt_about_cur(const Look& look, const Stamp& now);
/// new/ is doubted sooner: nobody is to wait for a message.
Doubt doubt_about_fresh(const Look& look, const Stamp& now);
/// A folder that was read that quickly is read again at once when there is doubt; others in the background.
constexpr std::int64_t cheap_ns = 1'000'000;

/// Renames a file within its folder to a base name that no other message has, with its flags; gives the new name.
Result<std::string> give_own_name(int folder, const std::string& file, const std::string& host);
/// A base name that nothing has, with the sizes of this message's file.
Result<std::string> new_base_for(int folder, const std::string& file, const std::string& host);

/// One synchronisation; made and run with the mailbox's mutex and flock held. Stages; the caller commits.
class MailboxSync {
  public:
    MailboxSync(MailboxState& mailbox, MailboxEdit& edit) : m_(mailbox), edit_(edit) {}

    /// Looks whether anything changed (six stats), reads what did. One reading of a folder never proves that a message
    /// is gone: that takes a second, under all locks.
    Result<> run(Scan scan);
    /// There is something to commit.
    bool has_found_something() const { return has_found_something_; }
    /// Drops the lines of messages that are gone from dovecot-uidlist, and those that tell a message again; and records
    /// of messages that are gone from posthouse-keywords.
    Result<> compact();
    /// Gives the mailbox another GUID and UIDVALIDITY.
    Result<> renew(const std::string& guid);
    /// Does what posthouse-refile says, and removes it. With dovecot-uidlist.lock held.
    Result<> refile(const BaseChanges& changes);
    /// Takes in what others wrote to dovecot-uidlist, so that UIDs can be given. With dovecot-uidlist.lock held.
    Result<> read_locked_list();

  private:
    struct Found {
        std::string file;
        bool fresh = false;
        bool is(const Record& record) const { return fresh == record.fresh() && file == record.name(); }
    };

    Result<> read_list();
    Result<> take_list(UidListFile::News news);
    Result<> read_letters();
    Result<> read_further();
    void take_sets(FurtherKeywordFile::Sets sets, bool is_whole);
    Result<> scan(bool with_cur);
    Result<> read_folder(bool fresh);
    void merge(bool with_cur);
    bool take_from_absent(const Found& found);
    void insert(std::uint32_t uid, std::string extras, const Found& found);
    Result<> settle();
    /// Further keywords go with their messages to other base names.
    Result<> refile_further(const BaseChanges& done);
    Result<> compact_further(const std::unordered_set<std::string_view>& there);
    Result<> make_list();
    /// The account's next one; or one that came from elsewhere, now that it is in use here.
    Result<UidValidity> next_validity() const;
    Result<UidValidity> noted_validity(std::uint32_t value) const;
    /// The list is an older one: clients were told UIDs that it doesn't know.
    bool list_went_back() const;
    Result<> raise_uids();
    bool has_no_uids_left() const;
    /// Numbers the messages from 1 on under a new UIDVALIDITY; what their lines told stays.
    Result<> begin_anew(const std::string& guid);
    /// What Courier kept of this mailbox becomes its dovecot-uidlist; false: nothing (mailbox_take_over.cpp).
    Result<bool> take_over();
    /// Of UIDs and unique-ids at least one.
    struct CourierMailbox {
        std::optional<CourierUids> uids;
        std::unordered_map<std::string, std::string> unique_ids;
    };
    /// Nothing: Courier kept nothing of this mailbox.
    Result<std::optional<CourierMailbox>> read_courier() const;
    /// When this is INBOX: the account's.
    Result<> take_subscriptions() const;
    Result<> take_keywords(const CourierKeywords& keywords);
    Result<> name_keywords(const CourierKeywords& keywords);
    /// Sorts `pending_` by arrival; a line for each.
    std::vector<UidListEntry> entries_for_pending(std::uint32_t first_uid);
    Result<> number();
    void find_namesakes();
    Result<> part_doubles();
    /// What parting did: to be made durable, and lines that are to go.
    struct Parted {
        std::size_t files = 0;
        bool touched_cur = false;
        bool touched_fresh = false;
        std::set<std::uint32_t> dead_lines;
    };
    void part(const std::string& base, const std::vector<Found>& same, const std::vector<Record>& rows, Parted& parted);
    bool is_same_file(const Found& one, const Found& other) const;
    Result<> rename_to_own(Found& file) const;

    MailboxState& m_;
    MailboxEdit& edit_;
    std::vector<Found> found_;
    std::vector<Found> pending_;          ///< files without a UID
    std::vector<std::uint32_t> missing_;  ///< messages without a file in the last scan, ascending
    /// Files of one base name: one that was renamed while the folders were read, or two messages (mailbox_doubles.cpp).
    std::map<std::string, std::vector<Found>> doubles_;
    /// Below it clients may know a UID, whatever the list says: the index has it from before the list, or the whole
    /// folder, came out of a backup.
    std::uint32_t given_uids_ = 1;
    bool list_changed_ = false;
    bool has_found_something_ = false;
};

}  // namespace posthouse::storage
