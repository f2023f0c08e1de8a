// What a delivery status notification tells of: the message, what became of each recipient, and who reports it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/smtp/parameters.h"

namespace posthouse::dsn {

/// What became of a recipient (RFC 3464 §2.3.3).
enum class Action {
    failed,     ///< given up; nothing more is tried
    delayed,    ///< not delivered yet, still being tried
    delivered,  ///< in the recipient's mailbox
    relayed,    ///< passed on to a server that will not confirm (RFC 3461 §5.2.2)
    expanded,   ///< an alias with several targets, which the message was sent on to (RFC 3461 §5.2.7.3)
};
/// The word of the Action field.
std::string_view to_string(Action action);

/// ORCPT= of RCPT, its xtext decoded (RFC 3461 §4.2).
struct OriginalRecipient {
    std::string type{};     ///< "rfc822", "utf-8" (RFC 6533 §3)
    std::string address{};  ///< bytes of a stranger, UTF-8 as far as they are any
};

/// One recipient, and what became of it. Times are seconds since 1970; 0: not known.
struct Recipient {
    std::string address{};  ///< of the envelope, as it was accepted: what the sender may learn
    std::optional<OriginalRecipient> original{};
    Action action = Action::failed;
    std::string status{};          ///< RFC 3463 §2, "5.1.1"; empty: none more exact than the action's
    std::string remote_host{};     ///< the server that was asked; empty: none was
    std::string remote_address{};  ///< its IP address; empty: not known
    std::string answer{};          ///< what that server replied, "550 5.1.1 No such user"; empty: nothing
    std::string reason{};          ///< what was found here, a sentence without a full stop, "No route to host"
    bool expired = false;          ///< failed because it was tried as long as messages are
    std::int64_t last_attempt = 0;
    std::int64_t retry_until = 0;  ///< of `delayed`: when it will be given up
};

/// The message that is reported on, as its envelope was accepted.
struct Message {
    std::string sender{};                      ///< reverse path without brackets; empty: the null path
    std::optional<std::string> envelope_id{};  ///< ENVID=, its xtext decoded (RFC 3461 §4.4)
    std::optional<smtp::DsnReturn> ret{};      ///< RET= (RFC 3461 §4.3)
    bool smtputf8 = false;                     ///< MAIL said SMTPUTF8: its sender understands the types of RFC 6533
    std::string received_from{};               ///< what the client called itself; empty: made here
    std::string received_address{};            ///< the client's IP address; empty: a local socket
    std::int64_t arrival = 0;                  ///< seconds since 1970
    std::string id{};                          ///< the transaction's id, as the log has it
    std::string remark{};                      ///< what the postmaster is told beside it
};

/// The system that reports.
struct Reporter {
    std::string host{};        ///< its fully qualified name
    std::string postmaster{};  ///< the address of the people who run it, in ASCII
};

/// The largest number of recipients that one report tells of; for more, make several.
inline constexpr std::size_t max_recipients = 1000;
/// Recipients that the text for people tells of one by one; the part for programs has them all.
inline constexpr std::size_t max_told_recipients = 50;
/// Bytes of an answer or a reason that are passed on.
inline constexpr std::size_t max_answer = 2000;
/// Bytes of the original header that are returned; of a longer one the last fields are left out.
inline constexpr std::size_t max_returned_header = 128u << 10;

}  // namespace posthouse::dsn
