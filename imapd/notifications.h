// Notifications: what a session is told unasked, as it has chosen by NOTIFY (RFC 5465).
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "imapd/enabled.h"
#include "imapd/mailbox_filters.h"
#include "imapd/watch_hub.h"
#include "lib/base/result.h"
#include "lib/imap/commands.h"
#include "lib/imap/notify_command.h"
#include "lib/net/async.h"
#include "storage/account.h"

namespace posthouse::imapd {

class Session;

/// Costs 16 bytes for each mailbox whose messages are told of: what happens is learned from the account's log.
class Notifications {
  public:
    /// What is told of the selected mailbox.
    struct OfSelected {
        imap::NotifyEvents events = 0;
        bool is_delayed = false;             ///< EXPUNGE waits for a command that allows it (RFC 5465 §6.2)
        std::vector<imap::FetchItem> items;  ///< told of each new message; with UID, without setting \Seen
    };

    /// invalid, limit: the name of a mailbox makes no sense.
    static Result<Notifications> make(const imap::Notify& command, const Enabled& enabled);
    /// NOTIFY NONE.
    static Notifications none();
    /// unsupported: it names a mailbox in the namespaces of others, whose accounts nobody watches. The user's own of
    /// such a name is none of these. Blocks.
    Result<> check_names(const Session& session) const;

    /// nullptr: the selected mailbox is told of as if there had been no NOTIFY.
    const OfSelected* of_selected() const { return of_selected_ ? &*of_selected_ : nullptr; }
    /// The account as a whole is watched, and how often to look even so.
    std::optional<std::chrono::milliseconds> poll_interval() const;

    /// Begins to watch: how it stands now is what the client knows, and with `tells_status` is told. False: it is too
    /// much, see none().
    net::Async<Result<bool>> begin(Session& session, bool tells_status);
    /// Tells what has happened since the last time. False: it is too much to tell.
    net::Async<bool> tell(Session& session);

  private:
    struct Group {
        NamedFilter filter;
        imap::NotifyEvents events = 0;
    };
    /// What the client was told of a mailbox, which is known by its GUID.
    struct Known {
        std::uint64_t id = 0;
        std::uint32_t uid_next = 0;
        std::uint32_t messages = 0;
        bool operator==(const Known&) const = default;
    };
    /// How a mailbox stands.
    struct Standing {
        Known known;
        std::string response;
    };
    /// A mailbox of which messages are told.
    struct Wanted {
        storage::MailboxName name;
        imap::NotifyEvents events = 0;
    };
    /// What a change means to the client: messages of a mailbox, or a response.
    struct News {
        Wanted messages{};
        std::string line;
    };
    /// The mailboxes as LIST shows them, got when they are asked for first.
    class Listed;

    Notifications() = default;
    /// Of the first group whose filter matches (RFC 5465 §3.1); 0: none does.
    imap::NotifyEvents events_of(const storage::MailboxName& name, bool is_subscribed) const;
    imap::NotifyEvents all_events() const;
    /// Whether that was news.
    bool learn(const Known& known);
    /// The mailbox with this GUID is gone.
    void forget(const std::string& guid);
    net::Async<Result<Standing>> look_at(Session& session, const storage::MailboxName& name,
                                         imap::NotifyEvents events) const;
    Result<std::vector<Wanted>> wanted_of(const storage::Account& account) const;
    Result<std::vector<News>> news_of(const Session& session, const std::vector<storage::AccountChange>& changes) const;
    Result<std::optional<News>> news_of(const Session& session, const storage::AccountChange& change,
                                        Listed& listed) const;
    net::Async<Result<>> tell_messages(Session& session, const Wanted& mailbox);

    std::vector<Group> groups_;
    std::optional<OfSelected> of_selected_;
    std::unique_ptr<WatchHub::Watch> watch_;
    storage::ModSeq cursor_;
    std::vector<Known> known_;  ///< by id
};

}  // namespace posthouse::imapd
