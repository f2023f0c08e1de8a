// Reception: a message on its way in, whether DATA or BDAT carries it: what came, and why it can't be taken, if so.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "lib/net/deadline.h"
#include "lib/smtp/chunking.h"
#include "lib/smtp/data_decoder.h"
#include "lib/smtp/field_dropper.h"
#include "lib/smtp/field_keeper.h"
#include "lib/smtp/trace.h"
#include "smtpd/receiving/binary_content.h"
#include "smtpd/receiving/content.h"
#include "smtpd/receiving/header_collector.h"
#include "smtpd/refusal.h"
#include "smtpd/session.h"

namespace posthouse::smtpd {

/// How content that breaks the rules is treated: by the configuration, but a bare CR or a NUL is kept in mailboxes here
/// only. It is never sent on (RFC 5321 §2.3.8): the next server may see the end of the message in it.
smtp::DataPolicy policy_of(const Session& session);

struct Reception {
    explicit Reception(const Session& session);

    Content content;
    std::optional<BinaryContent> binary;  ///< BODY=BINARYMIME: what came goes here first
    smtp::DataFacts facts;                ///< of `content`, once it is whole
    smtp::FieldDropper dropper;           ///< what is none of the message: see reception.cpp
    HeaderCollector header;
    smtp::ReceivedCounter trace;
    smtp::FieldKeeper message_id{"Message-ID:"};  ///< for its story
    std::optional<Refusal> refused;
    bool reported = false;  ///< a refusal, before the last chunk came

    /// Where decoded bytes are appended to; call keep() after it with its size from before.
    std::string& sink();
    /// Counts what came and stores it. What can't be kept sets `refused`.
    net::Async<> keep(Session& session, std::size_t before);
    /// The content is whole. Gives the verdict of what decoded it, and ours, in `refused`.
    net::Async<> finish(Session& session, const smtp::DataFacts& decoded, std::optional<smtp::Reply> verdict);
    /// A chunk begins: the pause before it was no part of the message.
    void begin_chunk() { paced_.reset(); }
    /// So many octets came over the connection.
    void count(std::size_t octets, const config::Config::Smtpd& settings);
    /// Until when the next bytes must come: after no longer pause than data_timeout, and no slower than min_data_rate
    /// over any time of that length, so that a client that trickles can't hold its session for ever, however fast it
    /// was before.
    net::Deadline next_bytes_by(const config::Config::Smtpd& settings);

  private:
    net::Async<> look_at_room(Session& session);

    std::optional<net::Clock::time_point> paced_;  ///< how far what came has brought the time
    std::string dropped_;
};

/// The refusal that is meant by what decoded the content.
Refusal content_refusal(const Session& session, smtp::Reply verdict);

/// The message of one transaction that comes by BDAT.
class ChunkedReception {
  public:
    explicit ChunkedReception(const Session& session);
    Reception message;
    smtp::ChunkReceiver chunks;
};

}  // namespace posthouse::smtpd
