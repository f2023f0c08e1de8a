// Reception: the content of a message on its way into the mailboxes, whether DATA or BDAT carries it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "lib/net/async.h"
#include "lib/smtp/chunking.h"
#include "lib/smtp/data_decoder.h"
#include "lib/smtp/field_keeper.h"
#include "lmtpd/incoming.h"
#include "lmtpd/session.h"

namespace posthouse::lmtpd {

/// What smtpd let through is kept as it is; only line ends are made whole, as the Maildir can't tell them apart.
inline constexpr smtp::DataPolicy data_policy{
    .bare_lf = smtp::BareLf::normalize, .bare_cr = smtp::BareCr::keep, .nul = smtp::Nul::keep};

class Reception {
  public:
    /// Of the session's transaction, whose recipients are known.
    explicit Reception(const Session& session);

    /// Where decoded content is appended to; call keep() after it, with its size from before.
    std::string& sink() { return incoming_.buffer(); }
    net::Async<> keep(std::size_t before);
    /// The content is whole. Delivers it, unless `refusal` is why not; the replies, one for each recipient in their
    /// order (RFC 2033 §4.2), of which those with 250 are durable.
    net::Async<std::string> finish(const Session& session, const smtp::DataFacts& facts,
                                   const std::optional<smtp::Reply>& refusal);

  private:
    Incoming incoming_;
    smtp::FieldKeeper message_id_{"Message-ID:"};  ///< for its story
};

/// The message of one transaction that comes by BDAT.
struct ChunkedReception {
    explicit ChunkedReception(const Session& session) : message(session), chunks(data_policy) {}
    Reception message;
    smtp::ChunkReceiver chunks;
};

}  // namespace posthouse::lmtpd
