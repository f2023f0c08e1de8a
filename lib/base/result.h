// Result<T>: a value, or an Error that says what failed, what the client may be told, and what the log should know.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace posthouse {

/// What kind of failure it was; protocols map each to their own reply (RFC 3463 status, IMAP response code, …).
enum class ErrorCode {
    invalid,       ///< malformed input: syntax error of the protocol or of a file
    limit,         ///< input over a bound (length, count, depth, size)
    timeout,       ///< a deadline passed
    closed,        ///< the peer closed the connection (or end of file)
    cancelled,     ///< the operation was cancelled by this side
    not_found,     ///< no such user, mailbox, message, file
    exists,        ///< already there
    denied,        ///< not permitted
    unauthorized,  ///< who it is is known, but they may not log in here, or not as whom they want
    expired,       ///< the password was right, but serves no more
    unavailable,   ///< a part is away: try again later
    busy,          ///< somebody else holds it: try again soon
    no_space,      ///< disk full
    over_quota,    ///< the user's quota would be exceeded
    unsupported,   ///< understood, but not offered here
    io,            ///< a system call failed
    internal,      ///< a bug
};

/// The code's name as logs show it, e.g. "not_found".
std::string_view to_string(ErrorCode code);

/// A failure. `text` may be shown to a client (no paths, no secrets); `detail` is for the log only.
struct Error {
    ErrorCode code = ErrorCode::internal;
    std::string text;
    std::string detail;

    /// "text (detail)" for logs.
    std::string message() const;
};

/// A value or an Error. Expected failures travel this way; exceptions are for bugs.
template <typename T = void>
using Result = std::expected<T, Error>;

/// `return fail(ErrorCode::not_found, "No such mailbox");`
inline std::unexpected<Error> fail(ErrorCode code, std::string text, std::string detail = {}) {
    return std::unexpected(Error{code, std::move(text), std::move(detail)});
}
/// Passes on another result's failure: `if (!r) return fail(r.error());`
inline std::unexpected<Error> fail(Error error) { return std::unexpected(std::move(error)); }

/// A failed system call: maps errno (ENOSPC and EDQUOT to no_space, ENOENT to not_found, EEXIST to exists, EACCES and
/// EPERM to denied, everything else to io). `what` names call and object for the log: "open /srv/mail/…".
std::unexpected<Error> fail_errno(std::string_view what, int error_number);

}  // namespace posthouse
