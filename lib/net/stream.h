// Stream: a connection (TCP, Unix socket, TLS over either) with bounded, buffered reading of lines and bytes.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/fd.h"
#include "lib/base/result.h"
#include "lib/net/loop.h"

struct ssl_st;

namespace posthouse::net {

class Pool;
class TlsContext;

/// What wait_input() saw.
enum class Input {
    ready,     ///< bytes can be read
    woken,     ///< wake() was called
    draining,  ///< drain() was called: say good-bye and end
};

/// What is known of the TLS layer, for logs and trace headers.
struct TlsInfo {
    std::string protocol;     ///< "TLSv1.3"
    std::string cipher;       ///< "TLS_AES_256_GCM_SHA384"
    int bits = 0;             ///< secret bits of the cipher
    std::string server_name;  ///< SNI, empty if none
};

/// What both ends of one TLS connection know, and nobody else; for SASL.
struct TlsBinding {
    std::string type;  ///< tls-exporter (RFC 9266) with TLS 1.3, tls-unique (RFC 5929 §3) with TLS 1.2
    std::string data;
};

/// What a client asks of a handshake beyond its context, such as DANE. Called when name and SNI are set.
using PrepareTls = std::function<Result<>(ssl_st*)>;

/// One connection. One coroutine reads (and writes) at a time; wake, drain and cancel may come from others.
///
/// Output is buffered: write() sends only when more than 16 KiB wait; whatever is left goes out as soon as a reading
/// function has to wait for the peer, or by flush(). So pipelined commands get their replies in one packet.
/// An idle stream holds no buffers. After a failure other than `limit` (a line too long) and `woken`, end the session.
///
/// Errors of all operations: timeout; closed (the peer closed, or reset); cancelled; io.
class Stream {
  public:
    /// Takes over a connected socket; makes it non-blocking.
    Stream(Loop& loop, UniqueFd socket);
    Stream(Stream&&) noexcept;
    Stream& operator=(Stream&&) noexcept;
    /// Closes at once; use close() to say good-bye.
    ~Stream();

    // Reading

    /// Waits between commands: until there is input, a wake() or a drain(). The only wait that those two end.
    Async<Result<Input>> wait_input(Deadline deadline);
    /// A line without its end (LF or CRLF). A line of more than `max_length` bytes is skipped up to
    /// its end (at most 16 MiB, then `closed`) and gives `limit`, with the line's first 8 in `detail`: the stream is at the next
    /// line then.
    Async<Result<std::string>> read_line(std::size_t max_length, Deadline deadline);
    /// Exactly `count` bytes, which the caller has bounded.
    Async<Result<std::string>> read_exactly(std::size_t count, Deadline deadline);
    /// Waits until at least one byte is there, and shows what is there (at most 66 KiB). The view holds until the
    /// next call of a reading function or consume().
    Async<Result<std::string_view>> peek(Deadline deadline);
    /// As peek, but waits until more than `already` bytes are there; `limit` when the buffer cannot hold more.
    Async<Result<std::string_view>> peek_more(std::size_t already, Deadline deadline);
    /// As peek, without waiting: what is there, or nothing.
    Result<std::string_view> peek_now();
    /// Takes `count` of the bytes that peek showed.
    void consume(std::size_t count);
    /// Bytes that were received but not consumed yet (a pipelining client).
    bool has_buffered_input() const;

    // Writing

    /// Appends to the output; waits only when more than 16 KiB are unsent, until they are sent.
    Async<Result<>> write(std::string_view bytes, Deadline deadline);
    /// Sends everything.
    Async<Result<>> flush(Deadline deadline);

    // TLS

    /// Server side of a handshake. Flushes, then discards everything read so far, so that nothing sent in plain text
    /// before the handshake is taken for a command after it (RFC 3207 §6, RFC 2595 §4).
    Async<Result<>> start_tls(std::shared_ptr<const TlsContext> context, Deadline deadline);
    /// Client side; `server_name` goes into SNI and is the name that a verified certificate must have. Does not verify
    /// it unless the context or `prepare` says so. Discards what was read before (RFC 3207 §4.2), as start_tls does.
    /// Errors, beside those of all operations: what `prepare` gives.
    Async<Result<>> start_tls_client(std::shared_ptr<const TlsContext> context, std::string server_name,
                                     Deadline deadline, PrepareTls prepare = {});
    bool tls() const;
    /// Empty strings without TLS.
    TlsInfo tls_info() const;
    /// Nothing without TLS, and with TLS 1.2 without the extended master secret (RFC 7627 §6.1: not unique then).
    std::optional<TlsBinding> tls_binding() const;
    /// Server side: whom the client's certificate names, if it has shown one of the context's client_ca that is valid.
    /// Empty: none, or none that names somebody.
    std::string tls_client_name() const;
    /// Client side, after a handshake, failed ones too: X509_V_OK or why the server's certificate is not good
    /// (SSL_get_verify_result); also when that was no reason to fail. X509_V_OK without TLS.
    long tls_verify_result() const;

    // Compression

    /// Everything from here on is compressed, both ways (RFC 4978 §3); what was read already and not consumed, too.
    /// Flushes before. Costs what Compression tells. What is sent is compressed piece by piece, 16 KiB each, and one is
    /// sent before the next: more is never in memory. When it is more than 4 KiB, `pool`, which outlives the stream,
    /// does that for `whom`: the loop has time for others, and the pool's users get their shares.
    Async<Result<>> start_compression(Pool& pool, std::string whom, Deadline deadline);
    /// Nothing from here on is compressed (RFC 8437 §3.1). Flushes before, and waits for the end of the peer's flush.
    Async<Result<>> stop_compression(Deadline deadline);
    bool compressed() const;

    // Ending

    /// Flushes, tells the peer (close_notify, FIN), and reads until it closes too, so that it surely gets the last
    /// reply; at most until `deadline`. A Unix socket keeps that for the peer: it isn't waited for. Errors are ignored.
    Async<> close(Deadline deadline);
    /// Ends the present wait_input() with `woken`; if none waits, the next one.
    void wake();
    /// Makes wait_input() give `draining` from now on.
    void drain();
    /// Makes all operations, present and future, fail with `cancelled`.
    void cancel();

    /// The socket, for getsockopt and SO_PEERCRED.
    int fd() const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace posthouse::net
