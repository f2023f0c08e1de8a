// A delivery status notification as a whole: multipart/report (RFC 6522) in pieces, so that what it returns of a large
// message needn't be in memory.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "lib/dsn/content.h"
#include "lib/dsn/notification.h"
#include "lib/dsn/quoted_printable.h"
#include "lib/dsn/words.h"

namespace posthouse::dsn {

/// What makes this report another than the next one.
struct Stamp {
    std::int64_t now = 0;      ///< seconds since 1970
    std::string message_id{};  ///< without brackets
    std::string boundary{};    ///< of make_boundary, the same that the content was scanned for
    /// Bytes up to which a message is returned whole, if it is to be returned whole.
    std::uint64_t max_returned = 50u << 10;
};

/// The original content as the report's last part.
struct Returned {
    std::uint64_t size = 0;         ///< bytes [0, size) of the content, which is all of it
    bool quoted_printable = false;  ///< to be passed through ReturnedWriter so
};

/// A finished report. It is sent with the null reverse path, NOTIFY=NEVER and without RET (RFC 3461 §6.1): nothing
/// comes back of it. The message is `head`, then the returned content through a ReturnedWriter, then `tail`.
struct Report {
    std::string recipient;             ///< whom it goes to
    std::string head;                  ///< CRLF lines, 7-bit but for the field To of a `smtputf8` report
    std::optional<Returned> returned;  ///< nullopt: all is in `head`
    std::string tail;
    bool eight_bit = false;      ///< the returned content has 8-bit bytes: BODY=8BITMIME
    bool smtputf8 = false;       ///< the recipient's address needs SMTPUTF8
    std::size_t recipients = 0;  ///< how many of those given it tells of: at most max_recipients
};

/// Passes the returned content on, in pieces of any size.
class ReturnedWriter {
  public:
    explicit ReturnedWriter(const Returned& returned) : returned_(returned) {}
    void feed(std::string_view piece, std::string& out);
    void finish(std::string& out);

  private:
    Returned returned_;
    QuotedPrintableEncoder encoder_;
};

/// The report to the message's sender, who must not be the null path: of a report nobody is told (RFC 3464 §2).
/// `recipients` must not be empty. The whole message is returned only with a failure, not when RET=HDRS said no, up to
/// Stamp::max_returned, and when `content` is whole; else its header is (RFC 3461 §4.3, §6.2), if there is one.
Report report_to_sender(const Reporter& reporter, const Message& message, std::span<const Recipient> recipients,
                        const Content& content, const Stamp& stamp);

/// The same for the postmaster, of a message whose sender could not be told: its own report came back, or it has the
/// null path. A third report is never made: whoever can't deliver this one gives it up.
Report report_to_postmaster(const Reporter& reporter, const Message& message, std::span<const Recipient> recipients,
                            const Content& content, const Stamp& stamp);

}  // namespace posthouse::dsn
