// One mail transaction of LMTP (RFC 2033): who sends, who receives, and under which id it is delivered.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/smtp/address.h"
#include "lib/smtp/command.h"
#include "storage/delivery.h"

namespace posthouse::lmtpd {

struct ChunkedReception;

/// A recipient that was accepted; gets a reply of its own after the data, even when it is named twice.
struct Recipient {
    smtp::Mailbox address;
    std::size_t target = 0;  ///< index among the transaction's targets
};

/// A mailbox that gets the message.
struct Target {
    storage::AccountName account;
    storage::SharedLimits limits;  ///< none: quota is switched off
};

/// From MAIL to the replies after the data.
struct Transaction {
    std::string id;  ///< XFORWARD IDENT, or an id of our own: part of the file's name
    /// Nobody can have tried this id before, nor tries it meanwhile, until then.
    std::chrono::system_clock::time_point first_until = {};
    smtp::ReversePath sender;
    bool utf8 = false;  ///< MAIL said SMTPUTF8
    std::vector<Recipient> recipients;
    std::optional<std::uint64_t> size;              ///< MAIL said SIZE
    std::vector<Target> targets;                    ///< none twice
    std::shared_ptr<ChunkedReception> chunks = {};  ///< since the first BDAT

    /// Adds a recipient and its mailbox.
    void add_recipient(smtp::Mailbox address, Target target);
};

/// What XFORWARD told for the next transaction (Postfix's extension of SMTP and LMTP).
class Forwarded {
  public:
    /// The attributes we offer to take. Beside Postfix's: FIRST, which spares the look for an earlier delivery of the
    /// IDENT: there is none, and who says it delivers it nowhere else before so many milliseconds since 1970.
    static constexpr std::string_view offered = "XFORWARD NAME ADDR PORT PROTO HELO IDENT SOURCE FIRST";

    void add(const smtp::Attributes& attributes);
    void clear() { *this = {}; }

    /// The client's address, for the log; empty: not told.
    const std::string& address() const { return address_; }
    /// A transaction under the id told; under a new one when none was, or when it can't be part of a file name.
    Transaction begin() const;

  private:
    std::string ident_;
    std::string address_;
    std::chrono::system_clock::time_point first_until_ = {};
};

}  // namespace posthouse::lmtpd
