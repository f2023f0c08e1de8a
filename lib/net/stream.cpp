// Stream: buffered input and output over a non-blocking socket, plain or TLS.
#include "lib/net/stream.h"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <span>
#include <utility>

#include "lib/net/certificate_name.h"
#include "lib/net/compression.h"
#include "lib/net/own_frame.h"
#include "lib/net/poller.h"
#include "lib/net/pool.h"
#include "lib/net/tls.h"

namespace posthouse::net {
namespace {

constexpr std::size_t input_cap = std::size_t{66} * 1024;   // most bytes that wait to be consumed: a line of 64 KiB
constexpr std::size_t output_cap = std::size_t{16} * 1024;  // bytes that wait for company before they are sent
constexpr std::size_t line_start = 8;                       // what is told of an overlong line
constexpr std::size_t skip_cap = std::size_t{16} * 1024 * 1024;     // how much of an overlong line is skipped
constexpr std::size_t compressed_at_once = std::size_t{16} * 1024;  // bytes that wait to be inflated
constexpr std::size_t deflated_at_once = std::size_t{16} * 1024;    // at most 0.4 ms of a thread, whatever it is
constexpr std::size_t deflated_on_loop = std::size_t{4} * 1024;     // what isn't worth the way to a thread and back
constexpr unsigned reads_between_yields = 32;                       // a flood of input must not starve other sessions
constexpr unsigned sends_between_yields = 16;  // nor may who takes output as fast as it comes; TLS sends 16 KiB each

enum class Io { done, want_read, want_write, closed, failed };

std::string tls_error() {
    std::string text;
    while (const unsigned long code = ERR_get_error()) {
        std::array<char, 256> buffer{};
        ERR_error_string_n(code, buffer.data(), buffer.size());
        if (!text.empty()) text += "; ";
        text += buffer.data();
    }
    return text.empty() ? "TLS error" : text;
}

std::span<char> scratch() {
    static thread_local std::array<char, input_cap> bytes;
    return bytes;
}

}  // namespace

struct Stream::State {
    // Who compresses what is sent, and for whom.
    struct Compressor {
        Compression compression;
        Pool& pool;
        std::string whom;
        Compressor(Pool& p, std::string w) : pool(p), whom(std::move(w)) {}
    };

    Loop& loop;
    UniqueFd socket;
    Poller poller;
    std::string in;
    std::size_t in_start = 0;
    std::string out;
    std::shared_ptr<const TlsContext> context;
    SSL* ssl = nullptr;
    std::unique_ptr<Compressor> compressor;
    std::string failure;
    unsigned reads = 0;
    unsigned sends = 0;
    bool woken = false;
    bool draining = false;

    State(Loop& l, UniqueFd s) : loop(l), socket(std::move(s)), poller(l, socket.get()) {
        ::fcntl(socket.get(), F_SETFL, ::fcntl(socket.get(), F_GETFL) | O_NONBLOCK);
    }
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    ~State() { SSL_free(ssl); }

    std::string_view buffered() const { return std::string_view(in).substr(in_start); }

    Io ssl_outcome(int result) {
        switch (SSL_get_error(ssl, result)) {
            case SSL_ERROR_WANT_READ: return Io::want_read;
            case SSL_ERROR_WANT_WRITE: return Io::want_write;
            case SSL_ERROR_ZERO_RETURN: return Io::closed;
            case SSL_ERROR_SYSCALL:
                if (errno == 0 || errno == ECONNRESET || errno == EPIPE) return Io::closed;
                [[fallthrough]];
            default: failure = tls_error(); return Io::failed;
        }
    }
    Io socket_outcome(Io wanted) {
        if (errno == EAGAIN || errno == EINTR) return wanted;
        if (errno == ECONNRESET || errno == EPIPE || errno == ETIMEDOUT) return Io::closed;
        failure = fail_errno("socket", errno).error().detail;
        return Io::failed;
    }
    Io receive(std::size_t most, std::size_t& got) {
        const std::span<char> space = scratch().first(std::min(most, input_cap));
        if (ssl != nullptr) {
            ERR_clear_error();
            errno = 0;
            const int n = SSL_read(ssl, space.data(), static_cast<int>(space.size()));
            if (n <= 0) return ssl_outcome(n);
            got = static_cast<std::size_t>(n);
            return Io::done;
        }
        const ssize_t n = ::recv(socket.get(), space.data(), space.size(), 0);
        if (n < 0) return socket_outcome(Io::want_read);
        if (n == 0) return Io::closed;
        got = static_cast<std::size_t>(n);
        return Io::done;
    }
    Io send(std::string_view bytes, std::size_t& sent) {
        if (ssl != nullptr) {
            ERR_clear_error();
            errno = 0;
            const int n = SSL_write(ssl, bytes.data(), static_cast<int>(std::min<std::size_t>(bytes.size(), 1 << 30)));
            if (n <= 0) return ssl_outcome(n);
            sent = static_cast<std::size_t>(n);
            return Io::done;
        }
        const ssize_t n = ::send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (n < 0) return socket_outcome(Io::want_write);
        sent = static_cast<std::size_t>(n);
        return Io::done;
    }
    std::unexpected<Error> error(Io io) const {
        if (io == Io::closed) return fail(ErrorCode::closed, "Connection closed");
        return fail(ErrorCode::io, "Connection failed", failure);
    }
    Async<Result<>> wait(Io io, Deadline deadline) {
        return poller.wait(io == Io::want_write ? Direction::write : Direction::read, deadline);
    }

    // Sends `bytes` as they are, waiting as often as needed.
    Async<Result<>> send_octets(std::string_view bytes, Deadline deadline) {
        while (!bytes.empty()) {
            std::size_t sent = 0;
            const Io io = send(bytes, sent);
            if (io == Io::done) {
                bytes.remove_prefix(sent);
                if (++sends % sends_between_yields == 0) co_await loop.yield();
            } else if (io == Io::want_read || io == Io::want_write) {
                Result<> ready = co_await wait(io, deadline);
                if (!ready && ready.error().code != ErrorCode::busy) co_return ready;
            } else {
                co_return error(io);
            }
        }
        co_return Result<>{};
    }

    // Sends `bytes`, compressed if that was agreed, so that the peer can read all of them.
    Async<Result<>> send_all(std::string_view bytes, Deadline deadline) {
        if (!compressor) {
            Result<> sent = co_await send_octets(bytes, deadline);
            co_return sent;
        }
        Compressor& by = *compressor;
        const bool is_little = bytes.size() <= deflated_on_loop;
        while (!bytes.empty()) {
            const std::string_view piece = bytes.substr(0, deflated_at_once);
            bytes.remove_prefix(piece.size());
            const auto flush = bytes.empty() ? Compression::Flush::sync : Compression::Flush::none;
            const auto deflate = [&by, piece, flush] { return by.compression.deflate(piece, flush); };
            std::string compressed;
            if (is_little)
                compressed = deflate();
            else
                compressed = co_await by.pool.run_for(by.whom, deflate);
            Result<> sent = co_await send_octets(compressed, deadline);
            if (!sent) co_return sent;
        }
        co_return Result<>{};
    }

    POSTHOUSE_OWN_FRAME Async<Result<>> flush(Deadline deadline) {
        if (out.empty()) co_return Result<>{};
        std::string bytes;
        bytes.swap(out);
        Result<> sent = co_await send_all(bytes, deadline);
        co_return sent;
    }

    // Takes what has come compressed, as far as there is room; false: more must come.
    Result<bool> inflate() {
        if (!compressor->compression.has_received()) return false;
        const std::span<char> space = scratch().first(input_cap - in.size());
        const Result<std::size_t> count = compressor->compression.inflate(space);
        if (!count) return fail(count.error());
        in.append(space.data(), *count);
        return *count > 0;
    }

    // Takes what is there: the result, or nothing when more is needed; then `wanted` says what the socket has to be
    // ready for, or is `done` when only compressed bytes have come, which are to be inflated next.
    std::optional<Result<>> take(Deadline deadline, Io& wanted) {
        if (compressor) {
            if (deadline.passed()) return fail(ErrorCode::timeout, "Nothing came in time");
            const Result<bool> inflated = inflate();
            if (!inflated) return fail(inflated.error());
            if (*inflated) return Result<>{};
        }
        std::size_t got = 0;
        wanted = receive(compressor ? compressed_at_once : input_cap - in.size(), got);
        if (wanted == Io::closed || wanted == Io::failed) return error(wanted);
        if (wanted != Io::done) return std::nullopt;
        if (compressor) {
            compressor->compression.feed({scratch().data(), got});
            return std::nullopt;
        }
        in.append(scratch().data(), got);
        return Result<>{};
    }

    // Receives once; waits for the peer when nothing is there. With `interruptible`, wake() ends it with `busy`. Idle
    // sessions wait in it: what needs no waiting is in take(), or each session would keep room for it.
    Async<Result<>> fill(Deadline deadline, bool interruptible) {
        if (in_start > 0) {
            in.erase(0, in_start);
            in_start = 0;
        }
        for (;;) {
            // Also for who sends much that inflates to nothing.
            if (++reads % reads_between_yields == 0) co_await loop.yield();
            Io wanted = Io::done;
            std::optional<Result<>> over = take(deadline, wanted);
            if (over) co_return *std::move(over);
            if (wanted == Io::done) continue;
            Result<> step = co_await flush(deadline);
            if (!step) co_return step;
            if (interruptible && (woken || draining)) co_return fail(ErrorCode::busy, "Woken");
            if (in.empty()) std::string().swap(in);
            step = co_await wait(wanted, deadline);
            if (!step && (interruptible || step.error().code != ErrorCode::busy)) co_return step;
        }
    }

    // Sends what waits, discards what was read in plain text, and lays TLS over the socket.
    Async<Result<>> begin_tls(std::shared_ptr<const TlsContext> with, Deadline deadline) {
        Result<> flushed = co_await flush(deadline);
        if (!flushed) co_return flushed;
        in.clear();
        in_start = 0;
        context = std::move(with);
        ssl = SSL_new(context->raw());
        if (ssl == nullptr || SSL_set_fd(ssl, socket.get()) != 1)
            co_return fail(ErrorCode::io, "TLS is not available", tls_error());
        co_return Result<>{};
    }

    Async<Result<>> handshake(Deadline deadline) {
        for (;;) {
            ERR_clear_error();
            errno = 0;
            const int done = SSL_do_handshake(ssl);
            if (done == 1) co_return Result<>{};
            const Io io = ssl_outcome(done);
            if (io == Io::closed) co_return error(io);
            if (io == Io::failed) co_return fail(ErrorCode::io, "TLS handshake failed", failure);
            Result<> ready = co_await wait(io, deadline);
            if (!ready && ready.error().code != ErrorCode::busy) co_return ready;
        }
    }
};

Stream::Stream(Loop& loop, UniqueFd socket) : state_(std::make_unique<State>(loop, std::move(socket))) {}
Stream::Stream(Stream&&) noexcept = default;
Stream& Stream::operator=(Stream&&) noexcept = default;
Stream::~Stream() = default;

Async<Result<Input>> Stream::wait_input(Deadline deadline) {
    State& s = *state_;
    for (;;) {
        if (!s.buffered().empty()) co_return Input::ready;
        if (s.draining) {
            Result<> flushed = co_await s.flush(deadline);
            if (!flushed) co_return fail(flushed.error());
            co_return Input::draining;
        }
        if (std::exchange(s.woken, false)) co_return Input::woken;
        Result<> filled = co_await s.fill(deadline, true);
        if (!filled && filled.error().code != ErrorCode::busy) co_return fail(filled.error());
    }
}

Async<Result<std::string>> Stream::read_line(std::size_t max_length, Deadline deadline) {
    State& s = *state_;
    std::string line;  // what did not fit into the buffer
    std::size_t scanned = 0;
    std::size_t skipped = 0;
    for (;;) {
        const std::string_view bytes = s.buffered();
        const auto end = bytes.find('\n', scanned);
        if (end != std::string_view::npos) {
            if (skipped == 0) line += bytes.substr(0, end);
            s.in_start += end + 1;
            if (line.ends_with('\r')) line.pop_back();
            if (skipped > 0 || line.size() > max_length)
                co_return fail(ErrorCode::limit, "Line too long", line.substr(0, line_start));
            co_return line;
        }
        scanned = bytes.size();
        const bool is_too_long = skipped > 0 || line.size() + scanned > max_length + 1;
        if (is_too_long || scanned >= input_cap) {
            if (is_too_long) {
                if (skipped == 0) line.append(bytes.substr(0, line_start)).resize(std::min(line.size(), line_start));
                skipped += scanned;
            } else {
                line += bytes;
            }
            s.in_start += scanned;
            scanned = 0;
            if (skipped > skip_cap) co_return fail(ErrorCode::closed, "Line too long");
        }
        Result<> filled = co_await s.fill(deadline, false);
        if (!filled) co_return fail(filled.error());
    }
}

Async<Result<std::string>> Stream::read_exactly(std::size_t count, Deadline deadline) {
    State& s = *state_;
    std::string out;
    out.reserve(std::min(count, input_cap));
    for (;;) {
        const std::string_view part = s.buffered().substr(0, count - out.size());
        out.append(part);
        s.in_start += part.size();
        if (out.size() == count) co_return out;
        Result<> filled = co_await s.fill(deadline, false);
        if (!filled) co_return fail(filled.error());
    }
}

Async<Result<std::string_view>> Stream::peek(Deadline deadline) {
    Result<std::string_view> bytes = co_await peek_more(0, deadline);
    co_return bytes;
}

Async<Result<std::string_view>> Stream::peek_more(std::size_t already, Deadline deadline) {
    State& s = *state_;
    while (s.buffered().size() <= already) {
        if (s.buffered().size() >= input_cap) co_return fail(ErrorCode::limit, "Input too long");
        Result<> filled = co_await s.fill(deadline, false);
        if (!filled) co_return fail(filled.error());
    }
    co_return s.buffered();
}

Result<std::string_view> Stream::peek_now() {
    State& s = *state_;
    if (!s.buffered().empty() || s.compressor) return s.buffered();
    std::string().swap(s.in);
    s.in_start = 0;
    std::size_t got = 0;
    const Io io = s.receive(input_cap, got);
    if (io == Io::done) s.in.append(scratch().data(), got);
    if (io == Io::closed || io == Io::failed) return s.error(io);
    return s.buffered();
}

void Stream::consume(std::size_t count) { state_->in_start += std::min(count, state_->buffered().size()); }

bool Stream::has_buffered_input() const {
    return !state_->buffered().empty() || (state_->compressor && state_->compressor->compression.has_received());
}

Async<Result<>> Stream::write(std::string_view bytes, Deadline deadline) {
    State& s = *state_;
    if (s.out.size() + bytes.size() <= output_cap) {
        s.out.append(bytes);
        co_return Result<>{};
    }
    Result<> flushed = co_await s.flush(deadline);
    if (!flushed) co_return flushed;
    if (bytes.size() <= output_cap) {
        s.out.append(bytes);
        co_return Result<>{};
    }
    Result<> sent = co_await s.send_all(bytes, deadline);
    co_return sent;
}

Async<Result<>> Stream::flush(Deadline deadline) {
    Result<> flushed = co_await state_->flush(deadline);
    co_return flushed;
}

Async<Result<>> Stream::start_tls(std::shared_ptr<const TlsContext> context, Deadline deadline) {
    Result<> started = co_await state_->begin_tls(std::move(context), deadline);
    if (!started) co_return started;
    SSL_set_accept_state(state_->ssl);
    Result<> shaken = co_await state_->handshake(deadline);
    co_return shaken;
}

Async<Result<>> Stream::start_tls_client(std::shared_ptr<const TlsContext> context, std::string server_name,
                                         Deadline deadline, PrepareTls prepare) {
    Result<> started = co_await state_->begin_tls(std::move(context), deadline);
    if (!started) co_return started;
    if (!server_name.empty()) {
        SSL_set_tlsext_host_name(state_->ssl, server_name.c_str());
        SSL_set1_host(state_->ssl, server_name.c_str());
    }
    if (prepare) {
        Result<> prepared = prepare(state_->ssl);
        if (!prepared) co_return prepared;
    }
    SSL_set_connect_state(state_->ssl);
    Result<> shaken = co_await state_->handshake(deadline);
    co_return shaken;
}

Async<Result<>> Stream::start_compression(Pool& pool, std::string whom, Deadline deadline) {
    State& s = *state_;
    Result<> flushed = co_await s.flush(deadline);
    if (!flushed) co_return flushed;
    s.compressor = std::make_unique<State::Compressor>(pool, std::move(whom));
    s.compressor->compression.feed(s.buffered());
    s.in.clear();
    s.in_start = 0;
    co_return Result<>{};
}

Async<Result<>> Stream::stop_compression(Deadline deadline) {
    State& s = *state_;
    Result<> flushed = co_await s.flush(deadline);
    if (!flushed) co_return flushed;
    if (!s.compressor) co_return Result<>{};
    if (!s.buffered().empty()) co_return fail(ErrorCode::io, "Compressed data goes on behind its end");
    for (;;) {
        Result<std::optional<std::string>> rest = s.compressor->compression.end();
        if (!rest) co_return fail(rest.error());
        if (*rest) {
            s.compressor.reset();
            s.in = std::move(**rest);
            s.in_start = 0;
            co_return Result<>{};
        }
        std::size_t got = 0;
        const Io io = s.receive(compressed_at_once, got);
        if (io == Io::done) {
            s.compressor->compression.feed({scratch().data(), got});
            continue;
        }
        if (io != Io::want_read && io != Io::want_write) co_return s.error(io);
        Result<> ready = co_await s.wait(io, deadline);
        if (!ready && ready.error().code != ErrorCode::busy) co_return ready;
    }
}

bool Stream::compressed() const { return state_->compressor != nullptr; }

bool Stream::tls() const { return state_->ssl != nullptr; }

TlsInfo Stream::tls_info() const {
    TlsInfo info;
    const SSL* ssl = state_->ssl;
    if (ssl == nullptr) return info;
    info.protocol = SSL_get_version(ssl);
    if (const SSL_CIPHER* cipher = SSL_get_current_cipher(ssl)) {
        info.cipher = SSL_CIPHER_get_name(cipher);
        info.bits = SSL_CIPHER_get_bits(cipher, nullptr);
    }
    if (const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name)) info.server_name = name;
    return info;
}

std::optional<TlsBinding> Stream::tls_binding() const {
    constexpr std::string_view label = "EXPORTER-Channel-Binding";  // RFC 9266 §2
    SSL* ssl = state_->ssl;
    if (ssl == nullptr) return std::nullopt;
    std::array<unsigned char, 64> bytes{};
    if (SSL_version(ssl) >= TLS1_3_VERSION) {
        if (SSL_export_keying_material(ssl, bytes.data(), 32, label.data(), label.size(), bytes.data(), 0, 1) != 1)
            return std::nullopt;
        return TlsBinding{"tls-exporter", {reinterpret_cast<const char*>(bytes.data()), 32}};
    }
    if (SSL_get_extms_support(ssl) != 1) return std::nullopt;
    // The first Finished message of the handshake: the client's, or the server's when a session was resumed.
    const bool of_peer = (SSL_is_server(ssl) == 1) != (SSL_session_reused(ssl) == 1);
    const std::size_t size = of_peer ? SSL_get_peer_finished(ssl, bytes.data(), bytes.size())
                                     : SSL_get_finished(ssl, bytes.data(), bytes.size());
    if (size == 0 || size > bytes.size()) return std::nullopt;
    return TlsBinding{"tls-unique", {reinterpret_cast<const char*>(bytes.data()), size}};
}

std::string Stream::tls_client_name() const {
    const SSL* ssl = state_->ssl;
    if (ssl == nullptr || SSL_get_verify_result(ssl) != X509_V_OK) return {};
    X509* certificate = SSL_get0_peer_certificate(ssl);
    return certificate == nullptr ? std::string()
                                  : certificate_name(certificate, state_->context->cert_username_field());
}

long Stream::tls_verify_result() const {
    return state_->ssl == nullptr ? X509_V_OK : SSL_get_verify_result(state_->ssl);
}

Async<> Stream::close(Deadline deadline) {
    State& s = *state_;
    Result<> flushed = co_await s.flush(deadline);
    if (!flushed) co_return;
    if (s.ssl != nullptr) {
        ERR_clear_error();
        SSL_shutdown(s.ssl);
    }
    ::shutdown(s.socket.get(), SHUT_WR);
    int family = AF_UNSPEC;
    socklen_t size = sizeof family;
    ::getsockopt(s.socket.get(), SOL_SOCKET, SO_DOMAIN, &family, &size);
    std::size_t discarded = 0;
    while (discarded < skip_cap && !deadline.passed()) {
        const ssize_t n = ::recv(s.socket.get(), scratch().data(), scratch().size(), 0);
        if (n > 0) {
            discarded += static_cast<std::size_t>(n);
            continue;
        }
        if (n == 0 || (errno != EAGAIN && errno != EINTR) || family == AF_UNIX) co_return;
        Result<> ready = co_await s.wait(Io::want_read, deadline);
        if (!ready && ready.error().code != ErrorCode::busy) co_return;
    }
}

void Stream::wake() {
    state_->woken = true;
    state_->poller.wake(Direction::read);
}

void Stream::drain() {
    state_->draining = true;
    state_->poller.wake(Direction::read);
}

void Stream::cancel() { state_->poller.cancel(); }

int Stream::fd() const { return state_->socket.get(); }

}  // namespace posthouse::net
