// Forwarding: the sender of mail that an alias leads to another server (SRS), and bounces that come back to it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/config/config.h"
#include "lib/smtp/srs.h"

namespace posthouse::smtpd {

/// One per worker; all of a server have the same secrets.
class Forwarding {
  public:
    explicit Forwarding(const config::Config& config);

    /// Reads the secrets; makes their file when it is the server's own and missing. Blocks. Errors: of the file.
    Result<> load();

    /// The address is one that this server made, or pretends to be: its domain is the one of SRS.
    bool is_ours(const smtp::Mailbox& recipient) const;
    /// To whom mail to such an address goes. Errors: as Srs::reverse.
    Result<smtp::Mailbox> undo(const smtp::Mailbox& recipient, std::int64_t now) const;
    /// The sender for mail that is forwarded. One that gets too long stays as it is. Errors: unavailable: there is no
    /// secret.
    Result<smtp::ReversePath> sender(const smtp::ReversePath& sender, std::int64_t now) const;

  private:
    std::string file_;
    bool own_file_;
    std::string domain_;
    std::optional<smtp::Srs> srs_;
};

}  // namespace posthouse::smtpd
