// What the queue hands to whoever delivers, and what it is told of it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/net/async.h"
#include "lib/transfer/source.h"
#include "queued/delivery/route.h"
#include "queued/schedule/pace.h"
#include "queued/spool/envelope.h"
#include "queued/spool/event.h"

namespace posthouse::queued {

/// Where a delivery is, for whoever asks meanwhile: its courier keeps it true.
struct Standing {
    std::string host{};        ///< "mx.example.net[192.0.2.1]"; empty: none is asked yet
    std::string_view stage{};  ///< in words
};

/// What one delivery carries: a message for some of its recipients, all by one route and from one sender.
struct Parcel {
    const spool::Envelope& envelope;
    std::vector<std::uint32_t> recipients;  ///< places in the envelope's list, rising, at least one
    transfer::Source& content;              ///< read by nobody else meanwhile
    bool certainly_first = false;           ///< nobody can have it under this id already
    Standing* standing = nullptr;           ///< nullptr: nobody asks
};

/// What became of one recipient.
struct Fate {
    spool::EventKind kind = spool::EventKind::deferred;       ///< deferred, delivered, relayed or bounced
    spool::NoticePromise promise = spool::NoticePromise::no;  ///< of the server that relays it (RFC 3461 §5.2.2)
    std::string remote{};  ///< who said so: "mx.example.net[192.0.2.1]"; empty: nobody but this server
    std::string status{};  ///< RFC 3463
    std::string reply{};   ///< the remote server's words with its code, or ours
};

struct Attempt {
    std::vector<Fate> fates{};                                 ///< in the order of the parcel's recipients
    schedule::Outcome outcome = schedule::Outcome::cancelled;  ///< what it tells of the destination
};

/// A way out of the queue. Of one loop; many deliveries go on at the same time.
class Courier {
  public:
    virtual ~Courier() = default;
    /// Tries once, and always gives an answer: what can't be known now is `deferred`. `route` and what `parcel` names
    /// live until then.
    virtual net::Async<Attempt> deliver(const Route& route, const Parcel& parcel) = 0;
    /// Ends idle connections with QUIT, and those deliveries that have not sent any content yet.
    virtual net::Async<> close() = 0;
};

}  // namespace posthouse::queued
