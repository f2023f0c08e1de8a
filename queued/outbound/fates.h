// Fates: what becomes of the recipients of one parcel, put together from what servers answer and where they fail.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/smtp/command.h"
#include "lib/smtp/reply.h"
#include "lib/transfer/failure.h"
#include "lib/transfer/message.h"
#include "queued/delivery/delivery.h"

namespace posthouse::queued {

/// Why a host, or all of them, could not be given the message.
struct Problem {
    std::string remote;  ///< who said so; empty: this server
    smtp::Reply reply;   ///< its words, or ours; 5yz: for good
    schedule::Outcome outcome = schedule::Outcome::unreachable;
};

/// A failure of a conversation with `peer`, as a problem: a reply that refused, else 4.4.x in our words with the peer's
/// name. A log-in that fails, and TLS that can't be had, are for the administrator to mend: never for good.
Problem problem_of(const transfer::Failure& failure, const std::string& peer);

class Fates {
  public:
    /// What a recipient that is served has become: delivered (LMTP) or relayed.
    Fates(const Parcel& parcel, spool::EventKind success);

    /// Recipients (places in the envelope's list) without a final fate and without a reply of their own.
    const std::vector<std::uint32_t>& open() const { return open_; }

    /// What `peer` answered about one. `promises`: it offers DSN, so it reports from now on (RFC 3461 §5.2.1).
    void answered(std::uint32_t place, const transfer::Answer& answer, const std::string& peer, bool promises);
    /// Refused without asking the server, or for all that are open.
    void refused(std::uint32_t place, const smtp::Reply& reply, const std::string& remote = {});
    void all_refused(const smtp::Reply& reply, const std::string& remote = {});
    /// Nothing came of a host: the open recipients get this fate unless another host does better. One that may pass
    /// counts more than one for good.
    void failed(Problem problem);
    /// The last that failed was ended by this side, which says why.
    bool interrupted() const;
    /// More than `outcome` said before.
    void tell(schedule::Outcome outcome);

    /// The end: those that are open get the last problem's fate.
    Attempt finish();

  private:
    void set(std::uint32_t place, Fate fate);
    Fate fate_of(const smtp::Reply& reply, bool permanent, const std::string& remote) const;

    const Parcel& parcel_;
    const spool::EventKind success_;
    std::vector<std::uint32_t> open_;
    std::vector<std::optional<Fate>> fates_;  ///< in the parcel's order
    std::optional<Problem> problem_;
    schedule::Outcome outcome_ = schedule::Outcome::cancelled;
};

/// 452 or 552 to RCPT because there are too many (RFC 5321 §4.5.3.1.10): another transaction may take it at once.
bool is_too_many(const transfer::Answer& answer);

}  // namespace posthouse::queued
