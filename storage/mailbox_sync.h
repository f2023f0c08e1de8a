// Bringing a mailbox's memory up to date with its folder and its dovecot-uidlist, and giving UIDs to what is new.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "storage/mailbox_state.h"

namespace posthouse::storage {

/// One synchronisation; made and run with the mailbox's mutex held.
class MailboxSync {
  public:
    explicit MailboxSync(MailboxState& mailbox) : m_(mailbox) {}

    /// Looks whether anything changed (five stats), reads what did. One reading of a folder never proves that a message
    /// is gone: that takes a second, under the locks. `must_scan`: a file wasn't where memory says.
    Result<> run(bool holds_flock, bool must_scan);
    /// Drops the lines of messages that are gone from dovecot-uidlist; with the flock held.
    Result<> compact();
    /// Takes in what others wrote to dovecot-uidlist.
    Result<> read_list();

  private:
    struct Found {
        std::string file;
        bool fresh = false;
    };

    Result<> take_list(UidListFile::News news);
    Result<> read_keywords();
    static bool is_due(const MailboxState::Look& look, const Stamp& now, bool is_fresh);
    Result<> scan(bool with_cur);
    Result<> read_folder(bool fresh);
    void merge(bool with_cur);
    bool take_from_absent(Found& found);
    bool has_unsettled_lines() const;
    Result<> settle(bool holds_flock);
    Result<> settle_locked();
    Result<> make_list();
    Result<> number();

    MailboxState& m_;
    std::vector<Found> found_;
    std::vector<Found> pending_;          ///< files without a UID
    std::vector<std::uint32_t> missing_;  ///< records without a file in the last scan, ascending
    bool list_changed_ = false;
};

}  // namespace posthouse::storage
