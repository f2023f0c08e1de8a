// Conversation: a client's side of SMTP (RFC 5321) or LMTP (RFC 2033) with one server, over one connection, for many
// messages one after the other.
#pragma once

#include <expected>
#include <memory>
#include <string>

#include "lib/net/stream.h"
#include "lib/smtp/client.h"
#include "lib/transfer/credentials.h"
#include "lib/transfer/failure.h"
#include "lib/transfer/message.h"
#include "lib/transfer/source.h"
#include "lib/transfer/timeouts.h"
#include "lib/transfer/tls_demand.h"

namespace posthouse::transfer {

enum class Protocol { smtp, lmtp };

struct Terms {
    Protocol protocol = Protocol::smtp;
    std::string helo_name;
    Timeouts timeouts{};
    /// From so many octets on content goes by BDAT (RFC 3030 §2) where that is offered: it needn't be looked through
    /// for dots.
    std::uint64_t chunk_from = 1u << 20;
    /// Content of up to so many octets, at most Source::piece, goes by BDAT together with its envelope, where CHUNKING
    /// and PIPELINING are offered: one turn instead of two, but a refused recipient's content has gone, too.
    std::uint64_t at_once_up_to = 0;
};

/// Replies are bounded: 4 KiB a line, and what smtp::ReplyParser bounds. Commands are pipelined where that is offered
/// (RFC 2920 §3.1), so many at a time that neither side can wait for the other to read.
class Conversation {
  public:
    template <typename T = void>
    using Done = std::expected<T, Failure>;

    Conversation(net::Stream stream, Terms terms) : stream_(std::move(stream)), terms_(std::move(terms)) {}
    Conversation(const Conversation&) = delete;
    Conversation& operator=(const Conversation&) = delete;

    /// Waits for the greeting, says EHLO (HELO, if that is refused) or LHLO, starts TLS as demanded and says it again,
    /// and logs in, if there are credentials: within TLS, or over a Unix socket, and nowhere else.
    net::Async<Done<>> open(const TlsDemand& tls, const Credentials* credentials);

    /// One message. After a failure, or a reply of 421, usable() is false. `deadline`: of all of it, if it is sooner
    /// than the time-outs.
    net::Async<Sent> send(const Message& message, Source& content, net::Deadline deadline = net::Deadline::never());
    /// The last send() gave away all of the content: the server may have taken the message, whatever came back.
    bool content_sent() const { return content_sent_; }
    /// It began to give away content.
    bool content_begun() const { return content_begun_; }

    bool usable() const { return usable_; }
    /// The server has closed the connection, or said something unasked, as far as can be seen without waiting.
    bool stale();
    /// Says QUIT, waits for the reply, and closes.
    net::Async<> quit();
    /// Ends what goes on now, with Failure::Kind::ended.
    void cancel() { stream_.cancel(); }

    const smtp::Capabilities& capabilities() const { return capabilities_; }
    net::TlsInfo tls_info() const { return stream_.tls_info(); }
    bool tls() const { return stream_.tls(); }
    /// Within TLS: X509_V_OK, or why the server's certificate isn't good for the names that were demanded.
    long verify_result() const { return stream_.tls_verify_result(); }
    int messages() const { return messages_; }  ///< that send() was called for

  private:
    net::Async<Done<smtp::Reply>> read_reply(Step step, net::Deadline deadline);
    net::Async<Done<smtp::Reply>> ask(std::string command, Step step, net::Deadline deadline);
    net::Async<Done<>> hello();
    net::Async<Done<>> start_tls(const TlsDemand& demand);
    net::Async<Done<>> handshake(const TlsDemand& demand);
    net::Async<Done<>> log_in(const Credentials& credentials);

    struct Transaction;
    net::Async<Done<>> answer_at_once(Transaction& transaction);
    net::Async<Done<>> end_without_content();
    net::Async<Done<>> add_content(Transaction& transaction);
    net::Async<Done<>> send_envelope(Transaction& transaction);
    net::Async<Done<>> pipeline(Transaction& transaction);
    net::Async<Done<>> take_reply(Transaction& transaction, std::size_t command);
    net::Async<Done<>> send_content(Transaction& transaction);
    net::Async<Done<>> send_data(Transaction& transaction);
    net::Async<Done<>> send_chunk(Transaction& transaction);
    net::Async<Done<>> give(std::string_view octets, Transaction& transaction);
    net::Async<Done<>> take_final_replies(Transaction& transaction);
    bool at_once(const Transaction& transaction) const;
    bool by_chunks(const Transaction& transaction) const;
    bool readable();
    std::unexpected<Failure> give_up(Failure failure);

    net::Stream stream_;
    const Terms terms_;
    smtp::Capabilities capabilities_;
    bool usable_ = false;
    bool dirty_ = false;  ///< the server may think that a transaction is under way
    bool content_begun_ = false;
    bool content_sent_ = false;
    int messages_ = 0;
};

}  // namespace posthouse::transfer
