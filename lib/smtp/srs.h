// The Sender Rewriting Scheme: a forwarder's own address in place of the sender's, so that SPF holds for it and bounces
// find their way back. Addresses are those that libsrs2 and PostSRSd make, so hosts can be changed or mixed.
//   SRS0=hash=time=domain=local@forwarder                 of joe@domain
//   SRS1=hash=forwarder1=rest@forwarder2                  of SRS0rest@forwarder1: hops in between are left out
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/base/secret.h"
#include "lib/smtp/address.h"

namespace posthouse::smtp {

/// The local part is one of SRS: "SRS0" or "SRS1" in any case, with "=", "+" or "-" behind it.
bool is_srs(std::string_view local_part);

struct SrsOptions {
    std::string domain;           ///< the forwarder's, where bounces come in
    std::size_t hash_length = 4;  ///< characters of base64, 4 to 27; shorter hashes aren't accepted
    int max_age_days = 21;        ///< how long a rewritten address serves; below 1,000
};

/// Rewrites senders with the first of the secrets, and reads back what any of them made. Pure: the time is given, in
/// seconds since 1970.
class Srs {
  public:
    /// `secrets`: at least one, or nothing is rewritten.
    Srs(std::vector<Secret> secrets, SrsOptions options);

    /// The sender for the message when it is forwarded. The null path, and a sender of the forwarder's own domain, stay
    /// as they are. `limit`: it would be longer than a path may be; `unavailable`: there is no secret.
    Result<ReversePath> forward(const ReversePath& sender, std::int64_t now) const;
    /// To whom a bounce to `recipient` goes: the sender of SRS0, the first forwarder's SRS0 address of SRS1. The domain
    /// of `recipient` is for the caller to look at. Errors: `not_found`, it is no address of SRS; `invalid`, it is
    /// malformed; `denied`, none of the secrets made it; `expired`.
    Result<Mailbox> reverse(const Mailbox& recipient, std::int64_t now) const;

  private:
    std::string hash(const Secret& secret, std::string_view text) const;
    bool is_genuine(std::string_view hash, std::string_view text) const;
    std::string local_part_for(const Mailbox& sender, std::int64_t now) const;
    Result<Mailbox> reverse_first(std::string_view rest, std::int64_t now) const;
    Result<Mailbox> reverse_guarded(std::string_view rest) const;

    std::vector<Secret> secrets_;
    SrsOptions options_;
};

}  // namespace posthouse::smtp
