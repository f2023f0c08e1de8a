// One IMAP connection (RFC 3501): its states, and what the commands need of it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/client/auth_client.h"
#include "auth/client/userdb_client.h"
#include "guardd/client.h"
#include "imapd/command_input.h"
#include "imapd/enabled.h"
#include "imapd/failure_log.h"
#include "imapd/metadata_watch.h"
#include "imapd/reply.h"
#include "imapd/selected.h"
#include "imapd/user_connections.h"
#include "imapd/waiting_messages.h"
#include "imapd/watch_hub.h"
#include "lib/config/config.h"
#include "lib/daemon/daemon.h"
#include "lib/metrics/metrics.h"
#include "lib/net/pool.h"
#include "quota/service.h"
#include "storage/account.h"
#include "storage/store.h"

namespace posthouse::imapd {

class KeptOrders;
class Notifications;

/// What all sessions of the process share.
struct Services {
    net::Loop& loop;
    storage::Store& store;
    net::Pool& disk;
    quota::Service& quota;
    auth::AuthClient& auth;
    auth::UserdbClient& users;
    guard::Client& guard;
    WatchHub& watches;
    UserConnections& connections;
    WaitingMessages& waiting;
    KeptOrders& orders;
    metrics::Registry& metrics;
    net::Scope& background;  ///< for work that outlives a session
};

/// RFC 3501 §3, as bits, so that the command table can name several. Logout is the end of the session.
enum State : std::uint8_t { kNotAuthenticated = 1, kAuthenticated = 2, kSelected = 4 };

class Session {
  public:
    Session(const Services& services, daemon::Connection& connection, config::Snapshot config,
            std::shared_ptr<const net::TlsContext> tls);
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;
    ~Session();

    /// From greeting to good-bye.
    net::Async<> run();

    // What commands see and do

    State state() const { return selected_ ? kSelected : account_ ? kAuthenticated : kNotAuthenticated; }
    /// Passwords may be sent: the connection is encrypted, or needn't be.
    bool may_send_password() const;
    /// LOGIN may be used: passwords may be sent, and PLAIN, by which authd is asked, is among the mechanisms.
    bool may_use_login() const;
    /// The SASL mechanisms that are offered now.
    std::vector<std::string> mechanisms() const;
    /// STARTTLS is possible now.
    bool may_start_tls() const { return tls_ != nullptr && !stream().tls(); }

    /// The host that connected is believed whose client it acts for.
    bool may_tell_origin() const { return may_tell_origin_; }
    /// It acts for the client at `origin`: for that one a log-in counts.
    void set_origin(net::Address origin) { connection_.peer = std::move(origin); }

    /// Enters the authenticated state.
    void logged_in(UserConnections::Place place, std::string user, std::shared_ptr<storage::Account> account,
                   storage::AccountQuota quota);
    /// Back to the state after the greeting (RFC 8437 §3): whatever the user has brought about is gone, as is the
    /// user. TLS stays, and so does compression until the reply is sent.
    void forget_user();
    /// Only when authenticated.
    storage::Account& account() { return *account_; }
    const std::shared_ptr<storage::Account>& shared_account() const { return account_; }
    /// What the user may store, as it was at log-in; only when authenticated.
    const storage::AccountQuota& quota() const { return quota_; }
    /// Tells the client that a threshold of its quota is reached (RFC 3501 §7.1: ALERT).
    net::Async<> send_warning(std::optional<config::QuotaWarning> warning);
    /// Enters the selected state.
    void select(std::unique_ptr<Selected> selected) { selected_ = std::move(selected); }
    /// Back to the authenticated state; nothing is told to the client.
    void unselect() { selected_.reset(); }
    /// Only in the selected state.
    Selected& selected() { return *selected_; }
    const Selected& selected() const { return *selected_; }

    /// The mailbox that the command names, once it is known to be one.
    const std::optional<storage::MailboxName>& named() const { return named_; }
    void set_named(std::optional<storage::MailboxName> name) { named_ = std::move(name); }
    FailureBudget& failures() { return failures_; }

    /// Tag of the command that is being performed.
    const std::string& tag() const { return tag_; }
    /// Sends bytes, waiting for a slow client. When that fails the session ends: see ended().
    net::Async<> send(std::string_view bytes);
    /// Sends at once what waits to be sent with more.
    net::Async<> flush();
    const Enabled& enabled() const { return enabled_; }
    /// The client has used MODSEQ: it is told of it from now on (RFC 7162 §3.1.2.1).
    net::Async<> enable_condstore();
    /// VANISHED from now on, and MODSEQ.
    net::Async<> enable_qresync();
    /// Annotations that others change are told from now on.
    void enable_metadata() { enabled_.metadata = true; }
    MetadataWatch& metadata() { return metadata_; }
    /// IMAP4rev2 from now on, where it differs (RFC 9051 §6.3.1).
    void enable_rev2() { enabled_.rev2 = true; }
    /// UTF-8 in mailbox names (RFC 6855 §3).
    void enable_utf8_accept() { enabled_.utf8_accept = true; }
    /// UIDs in the place of numbers from now on.
    void enable_uid_only() { enabled_.uid_only = true; }
    /// Tells the client what others changed in the selected mailbox; of new messages also what NOTIFY asks for.
    net::Async<> send_changes(storage::Expunges expunges);
    /// What NOTIFY has set; nullptr: there was none.
    const Notifications* notifications() const { return notifications_.get(); }
    void set_notifications(std::unique_ptr<Notifications> notifications);
    /// Says NOTIFICATIONOVERFLOW; as NOTIFY NONE from now on (RFC 5465 §5.8).
    net::Async<> give_up_notifications();
    /// Tells the client what happened in the account since the last time, as far as NOTIFY asks for it.
    net::Async<> send_notifications();
    /// In a selected mailbox of another account: takes in what its list says now. Without the right to read it the
    /// session ends.
    net::Async<> look_at_rights();
    /// A line that is no command (SASL responses, DONE). Nothing: the session ends. Too long: error `limit`.
    net::Async<std::optional<Result<std::string>>> read_line(std::size_t max_length);
    /// Runs work that blocks on the disk pool, for the user who has logged in. Await it at once.
    template <typename F>
    auto disk(F work) {
        return services_.disk.run_for(user_, std::move(work));
    }
    /// Ends the session after this command, without a word.
    void end(std::string_view reason);
    /// Ends the session, and says `* BYE text`.
    net::Async<> bye(std::string_view reason, std::string_view text);
    /// Ends the session because wait_input gave `draining`.
    net::Async<> say_farewell();
    bool ended() const { return !end_reason_.empty(); }
    /// Ends the session because an operation of the stream failed.
    void failed(const Error& error);

    CommandInput& input() { return input_; }
    net::Stream& stream() const { return connection_.stream; }
    const Services& services() const { return services_; }
    const config::Config& config() const { return *config_; }
    const log::SessionLog& log() const { return connection_.log; }
    /// Who has logged in; empty before.
    const std::string& user() const { return user_; }
    const daemon::Connection& connection() const { return connection_; }
    /// Tells authd who asks.
    auth::LoginContext login_context() const;
    /// The end of the present wait for the client.
    net::Deadline deadline() const;

  private:
    net::Async<> serve_commands();
    net::Async<> serve_command();
    net::Async<std::optional<Reply>> receive_command();
    net::Async<> conclude(Reply reply);
    net::Async<> give_up(const Error& error);
    net::Async<> follow(const Reply& reply);
    net::Async<> send_new_messages(const std::vector<storage::Uid>& added);
    void log_end() const;

    Services services_;
    daemon::Connection& connection_;
    config::Snapshot config_;
    std::shared_ptr<const net::TlsContext> tls_;
    bool may_tell_origin_;
    net::Deadline login_deadline_;
    CommandInput input_;
    std::optional<UserConnections::Place> place_;
    std::shared_ptr<storage::Account> account_;
    storage::AccountQuota quota_;
    std::unique_ptr<Selected> selected_;
    std::string user_;
    std::string tag_;
    std::optional<storage::MailboxName> named_;
    Enabled enabled_;
    std::unique_ptr<Notifications> notifications_;
    MetadataWatch metadata_;
    FailureBudget failures_;
    std::string end_reason_;  ///< not empty: the session ends
    std::int64_t errors_in_a_row_ = 0;
    std::uint64_t commands_ = 0;
};

}  // namespace posthouse::imapd
