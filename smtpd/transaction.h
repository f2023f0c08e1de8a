// Transaction: one message from MAIL to the reply to its content.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "lib/net/deadline.h"
#include "lib/smtp/address.h"
#include "lib/smtp/parameters.h"
#include "queued/spool/envelope.h"

namespace posthouse::smtpd {

class ChunkedReception;

/// One final recipient.
struct Target {
    smtp::Mailbox address = {};
    bool local = false;                            ///< a mailbox of lmtpd's
    bool quota = false;                            ///< which has a limit of its own
    std::string transport = {};                    ///< how it leaves, as the directory has it; empty: by DNS
    std::optional<smtp::ReversePath> sender = {};  ///< stands in for the transaction's sender (SRS)
    smtp::RcptParameters dsn = {};
    /// It stands for others, who are targets as well: nothing is delivered to it.
    bool is_expanded() const { return transport == spool::list_transport || transport == spool::alias_transport; }
    /// Addresses of the lists on the way to it; null: there are none.
    std::shared_ptr<const std::vector<std::string>> lists = {};
};

/// Who hands the message in, as a trusted host told it by XFORWARD or as the connection is.
struct Origin {
    std::string address;  ///< IP address as text
    std::uint16_t port = 0;
    bool ipv6 = false;
    std::string helo;
};

struct Transaction {
    std::string id;            ///< born at MAIL; makes a repeated delivery harmless, and finds the message in every log
    std::int64_t arrived = 0;  ///< seconds since 1970
    net::Clock::time_point begun = net::Clock::now();
    smtp::ReversePath sender;
    smtp::MailParameters parameters;
    Origin origin;
    std::vector<smtp::Mailbox> given;  ///< recipients as the client named them
    std::vector<Target> targets;       ///< final recipients, none twice
    std::unordered_set<std::string> known_targets;
    std::size_t original_octets = 0;             ///< of ORCPT, of all targets
    std::optional<bool> sender_is_ours;          ///< its domain is; nullopt: not asked yet
    std::shared_ptr<ChunkedReception> chunks{};  ///< since the first BDAT
};

/// When it may be sent at the earliest (RFC 4865).
std::optional<std::int64_t> hold_until(const Transaction& transaction);

}  // namespace posthouse::smtpd
