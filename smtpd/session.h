// Session: one connection of a client, and what it has said so far.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/daemon/daemon.h"
#include "lib/smtp/command.h"
#include "lib/story/event.h"
#include "smtpd/parts.h"
#include "smtpd/transaction.h"

namespace posthouse::smtpd {

/// Which rules hold: smtp takes mail from other servers; the others take mail of users, after a log-in (RFC 6409).
enum class Service { smtp, submission, submissions };

/// Where a session is (RFC 5321 §4.1.4). A command's table row names the phases it is allowed in.
enum class Phase : unsigned {
    connected = 1,   ///< no EHLO or HELO yet
    ready = 2,       ///< greeted, no transaction
    sender = 4,      ///< after MAIL
    recipients = 8,  ///< after a RCPT that was accepted
    chunks = 16      ///< after a BDAT that was not the last (RFC 3030 §2)
};

struct Session {
    Parts& parts;
    daemon::Connection& connection;
    config::Snapshot config;  ///< as it was when the session began
    Service service = Service::smtp;
    bool may_tell_origin = false;  ///< the host that connected is believed whose client it acts for (XCLIENT, XFORWARD)

    std::string helo;       ///< the client's name for itself; empty before EHLO
    bool extended = false;  ///< it said EHLO
    std::string user;       ///< who logged in; empty: nobody
    std::optional<Transaction> transaction;
    std::optional<Origin> told_origin;  ///< by XFORWARD, for the next transaction
    int errors = 0;                     ///< refused commands since the last message
    bool ending = false;
    std::vector<story::Event> untold;  ///< how the client came, until it has sent a message or is gone

    Session(Parts& shared, daemon::Connection& client);
    Phase phase() const;
    bool tls() const { return connection.stream.tls(); }
    /// STARTTLS is possible: not begun, and there is a certificate.
    bool starttls_possible() const { return !tls() && parts.daemon.tls() != nullptr; }
    bool submission() const { return service != Service::smtp; }
    /// AUTH is possible now: on submission, once the connection is encrypted, once.
    bool auth_possible() const { return submission() && tls() && user.empty(); }
    /// The client's host is in smtpd.mynetworks, which counts on the listener smtp.
    bool in_mynetworks() const;
    /// Mail for other servers is taken from this client.
    bool may_relay() const { return !user.empty() || in_mynetworks(); }
    /// The SASL mechanisms that are offered when AUTH is.
    std::vector<std::string> mechanisms() const;
    /// The extensions whose parameters MAIL and RCPT may use.
    smtp::Offered offered() const;
    /// Until when the transaction of a stranger has to be over: after 20 smtpd.data_timeout. What never ends would hold
    /// room in the spool.
    net::Deadline transaction_deadline() const;
    net::Deadline lookup_deadline() const { return net::Deadline::in(config->smtpd.lookup_timeout); }
};

/// The greeting, which XCLIENT repeats.
smtp::Reply greeting(const Session& session);
/// 421 for a client that has paused too long (RFC 5321 §4.5.3.2.7).
smtp::Reply timed_out(const Session& session);
/// Talks to the client from greeting to good-bye.
net::Async<> converse(Session& session);
/// Says 421 instead of a greeting.
net::Async<> turn_away(Session& session, std::string reason);

}  // namespace posthouse::smtpd
