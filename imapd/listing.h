// Which mailboxes LIST and LSUB show, and how (RFC 3501 §6.3.8, §6.3.9, RFC 5258 §3, RFC 6154 §2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "imapd/enabled.h"
#include "lib/imap/commands.h"
#include "lib/imap/list_pattern.h"
#include "storage/account.h"

namespace posthouse::imapd {

/// One line of the answer; the mailbox is there if it has a STATUS to be asked for.
struct Listing {
    storage::MailboxName name;
    std::string line;  ///< with CRLF
    bool exists = false;
};

/// The LIST response that tells of one mailbox unasked (RFC 5465 §5.4, §5.5), also of one that isn't there; `old_name`,
/// as it is sent, unless it is empty: it was renamed.
std::string line_of(const storage::ListedMailbox& mailbox, std::string_view old_name, const Enabled& enabled);

/// One of the command's patterns may match a name in the namespaces of others (storage/namespaces.h).
bool may_show_others(const imap::List& command);

/// How much of a listing is done in one turn.
struct ListingTurn {
    /// About a millisecond's work: what ListPattern::steps counts.
    static constexpr std::size_t most_steps = 1'000'000;
    static constexpr std::size_t most_octets = 64u << 10;  ///< of lines

    std::size_t steps = 0;
    std::size_t octets = 0;

    bool is_over() const { return steps >= most_steps || octets >= most_octets; }
};

/// Mailboxes as storage lists them, sorted by name, INBOX first. They must outlive whoever looks through them.
using ListedMailboxes = std::span<const storage::ListedMailbox>;

/// Which of a list's names have a wanted mailbox below them. Costs four bytes for each mailbox.
class WantedBelow {
  public:
    explicit WantedBelow(ListedMailboxes mailboxes) : mailboxes_(mailboxes) {}
    /// Asks `is_wanted` about each mailbox, once.
    template <typename IsWanted>
    void count(const IsWanted& is_wanted) {
        before_.assign(1, 0);
        before_.reserve(mailboxes_.size() + 1);
        for (const storage::ListedMailbox& mailbox : mailboxes_)
            before_.push_back(before_.back() + (is_wanted(mailbox) ? 1 : 0));
    }
    /// Only after count().
    bool has(const storage::MailboxName& name) const;

  private:
    ListedMailboxes mailboxes_;
    std::vector<std::uint32_t> before_;  ///< how many of the first so many mailboxes are wanted
};

/// LIST: goes through all mailboxes, in turns that each do little.
class ListRun {
  public:
    /// `command` must outlive it. The client sees names as it has enabled them.
    ListRun(const imap::List& command, ListedMailboxes mailboxes, const Enabled& enabled)
        : command_(command), mailboxes_(mailboxes), enabled_(enabled), selected_below_(mailboxes) {}

    /// One turn: appends what it finds. False: that was all.
    bool advance(std::vector<Listing>& listings);
    /// How many mailboxes were looked at.
    std::size_t done() const { return next_; }

  private:
    bool is_selected(const storage::ListedMailbox& mailbox) const;
    std::string line_for(const storage::ListedMailbox& mailbox, std::string_view name, bool selected_below) const;

    const imap::List& command_;
    ListedMailboxes mailboxes_;
    Enabled enabled_;
    WantedBelow selected_below_;
    std::size_t next_ = 0;
};

/// The same for LSUB.
class LsubRun {
  public:
    LsubRun(const imap::Lsub& command, ListedMailboxes mailboxes, const Enabled& enabled);

    /// One turn: appends lines, with CRLF. False: that was all.
    bool advance(std::string& lines);
    std::size_t done() const { return next_; }

  private:
    enum class Kind { subscribed, way_to_subscribed };
    void show(const storage::MailboxName& mailbox, Kind kind, std::string& lines, ListingTurn& turn) const;
    bool is_subscribed(const storage::MailboxName& name) const;

    imap::ListPattern pattern_;
    ListedMailboxes mailboxes_;
    Enabled enabled_;
    std::size_t next_ = 0;
    const storage::MailboxName* last_subscribed_ = nullptr;
};

}  // namespace posthouse::imapd
