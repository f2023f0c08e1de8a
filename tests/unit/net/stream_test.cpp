// Tests of streams over socket pairs: lines, bounds, deadlines, waking, TLS and what STARTTLS discards.
#include "lib/net/stream.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <functional>
#include <utility>

#include "lib/net/connect.h"
#include "lib/net/listener.h"
#include "lib/net/scope.h"
#include "lib/net/tls.h"

namespace posthouse::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct Pair {
    UniqueFd a;
    UniqueFd b;
};

Pair socket_pair() {
    int fds[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0) std::abort();
    return {UniqueFd(fds[0]), UniqueFd(fds[1])};
}

Deadline soon() { return Deadline::in(seconds(20)); }

// A certificate for `name`, made anew for each test.
TlsCertificate make_certificate(const char* name) {
    EVP_PKEY* key = EVP_EC_gen("P-256");
    X509* certificate = X509_new();
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
    X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
    const std::string names = std::string("DNS:") + name;
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names.c_str());
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
    X509_sign(certificate, key, EVP_sha256());
    const auto text = [](const std::function<void(BIO*)>& write) {
        BIO* bio = BIO_new(BIO_s_mem());
        write(bio);
        char* data = nullptr;
        const long size = BIO_get_mem_data(bio, &data);
        std::string out(data, static_cast<std::size_t>(size));
        BIO_free(bio);
        return out;
    };
    TlsCertificate result;
    result.certificate_pem = text([&](BIO* bio) { PEM_write_bio_X509(bio, certificate); });
    result.key_pem = text([&](BIO* bio) { PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr); });
    result.origin = name;
    X509_free(certificate);
    EVP_PKEY_free(key);
    return result;
}

Async<> lines_and_limits(Loop& loop) {
    Pair pair = socket_pair();
    Stream stream(loop, std::move(pair.a));
    const std::string sent = "first\r\nsecond\n" + std::string(100, 'x') + "\r\n\r\nlast\r\n";
    EXPECT_EQ(::write(pair.b.get(), sent.data(), sent.size()), static_cast<ssize_t>(sent.size()));
    Result<std::string> line = co_await stream.read_line(80, soon());
    EXPECT_EQ(line, "first");
    line = co_await stream.read_line(80, soon());
    EXPECT_EQ(line, "second");
    line = co_await stream.read_line(80, soon());
    EXPECT_EQ(line.error().code, ErrorCode::limit);
    EXPECT_EQ(line.error().detail, "xxxxxxxx");
    line = co_await stream.read_line(80, soon());
    EXPECT_EQ(line, "");
    EXPECT_TRUE(stream.has_buffered_input());
    line = co_await stream.read_line(80, soon());
    EXPECT_EQ(line, "last");
    EXPECT_FALSE(stream.has_buffered_input());
    line = co_await stream.read_line(80, Deadline::in(milliseconds(1)));
    EXPECT_EQ(line.error().code, ErrorCode::timeout);
    pair.b.reset();
    line = co_await stream.read_line(80, soon());
    EXPECT_EQ(line.error().code, ErrorCode::closed);
}

TEST(Stream, ReadsLinesAndSkipsThoseOverTheLimit) {
    Loop loop;
    loop.run_until_complete(lines_and_limits(loop));
}

Async<> send_lines_larger_than_the_buffer(Loop* loop, UniqueFd socket, std::size_t length) {
    Stream stream(*loop, std::move(socket));
    const std::string lines = std::string(length, 'x') + "\r\n" + std::string(length + 1, 'y') + "\r\nlast\r\n";
    const Result<> sent = co_await stream.write(lines, soon());
    EXPECT_TRUE(sent);
    co_await stream.close(soon());
}

Async<> lines_larger_than_the_buffer(Loop& loop) {
    Pair pair = socket_pair();
    Scope scope(loop);
    constexpr std::size_t length = 1024 * 1024;
    scope.spawn(send_lines_larger_than_the_buffer, &loop, std::move(pair.b), length);
    {
        Stream stream(loop, std::move(pair.a));
        Result<std::string> line = co_await stream.read_line(length, soon());
        EXPECT_EQ(line, std::string(length, 'x'));
        line = co_await stream.read_line(length, soon());
        EXPECT_EQ(line.error().code, ErrorCode::limit);
        EXPECT_EQ(line.error().detail, "yyyyyyyy");
        line = co_await stream.read_line(length, soon());
        EXPECT_EQ(line, "last");
    }
    co_await scope.join();
}

TEST(Stream, ALineMayBeLargerThanTheBuffer) {
    Loop loop;
    loop.run_until_complete(lines_larger_than_the_buffer(loop));
}

Async<> send_endless_line(Loop* loop, UniqueFd socket) {
    Stream stream(*loop, std::move(socket));
    const std::string chunk(64 * 1024, 'x');
    for (;;) {
        Result<> sent = co_await stream.write(chunk, soon());
        if (!sent) co_return;
    }
}

Async<> endless_line(Loop& loop) {
    Pair pair = socket_pair();
    Scope scope(loop);
    scope.spawn(send_endless_line, &loop, std::move(pair.b));
    {
        Stream stream(loop, std::move(pair.a));
        Result<std::string> line = co_await stream.read_line(512, soon());
        EXPECT_EQ(line.error().code, ErrorCode::closed);
    }
    co_await scope.join();
}

TEST(Stream, AnEndlessLineEndsTheConnection) {
    Loop loop;
    loop.run_until_complete(endless_line(loop));
}

Async<> read_all_of(Loop* loop, UniqueFd socket, std::size_t* total) {
    Stream stream(*loop, std::move(socket));
    for (;;) {
        Result<std::string_view> bytes = co_await stream.peek(soon());
        if (!bytes) co_return;
        *total += bytes->size();
        stream.consume(bytes->size());
    }
}

Async<std::size_t> large_transfer(Loop& loop) {
    Pair pair = socket_pair();
    std::size_t total = 0;
    Scope scope(loop);
    scope.spawn(read_all_of, &loop, std::move(pair.b), &total);
    {
        Stream stream(loop, std::move(pair.a));
        const std::string chunk(100'000, 'y');
        for (int i = 0; i < 100; ++i) {
            Result<> written = co_await stream.write(chunk, soon());
            EXPECT_TRUE(written);
        }
        co_await stream.close(soon());
    }
    co_await scope.join();
    co_return total;
}

TEST(Stream, WritesWithBackPressureAndLosesNothingAtClose) {
    Loop loop;
    EXPECT_EQ(loop.run_until_complete(large_transfer(loop)), 10'000'000u);
}

Async<> close_before_the_peer(Loop& loop) {
    Pair pair = socket_pair();
    {
        Stream stream(loop, std::move(pair.a));
        EXPECT_EQ(::write(pair.b.get(), "unread", 6), 6);
        Result<> written = co_await stream.write("good-bye", soon());
        EXPECT_TRUE(written);
        co_await stream.close(Deadline::never());
    }
    Stream peer(loop, std::move(pair.b));
    Result<std::string> last = co_await peer.read_exactly(8, soon());
    EXPECT_EQ(last, "good-bye");
    last = co_await peer.read_exactly(1, soon());
    EXPECT_EQ(last.error().code, ErrorCode::closed);
}

TEST(Stream, APeerOnAUnixSocketThatDoesNotCloseIsNotWaitedFor) {
    Loop loop;
    loop.run_until_complete(close_before_the_peer(loop));
}

Async<> wake_and_drain(Stream* stream) {
    stream->wake();
    stream->drain();
    co_return;
}

Async<> waits(Loop& loop) {
    Pair pair = socket_pair();
    Stream stream(loop, std::move(pair.a));
    stream.wake();
    Result<Input> input = co_await stream.wait_input(soon());
    EXPECT_EQ(input, Input::woken);
    Scope scope(loop);
    scope.spawn(wake_and_drain, &stream);
    input = co_await stream.wait_input(soon());
    EXPECT_EQ(input, Input::draining);
    EXPECT_EQ(::write(pair.b.get(), "x", 1), 1);
    Result<std::string> byte = co_await stream.read_exactly(1, soon());
    EXPECT_EQ(byte, "x");
    stream.cancel();
    input = co_await stream.wait_input(soon());
    EXPECT_EQ(input, Input::draining);
    byte = co_await stream.read_exactly(1, soon());
    EXPECT_EQ(byte.error().code, ErrorCode::cancelled);
    co_await scope.join();
}

TEST(Stream, WakeDrainAndCancelEndWaits) {
    Loop loop;
    loop.run_until_complete(waits(loop));
}

Async<> tls_echo_server(Loop* loop, UniqueFd socket, std::shared_ptr<const TlsContext> context, std::string* name,
                        std::optional<TlsBinding>* binding) {
    Stream stream(*loop, std::move(socket));
    Result<std::string> line = co_await stream.read_line(100, soon());
    EXPECT_EQ(line, "STARTTLS");
    Result<> written = co_await stream.write("220 Go\r\n", soon());
    EXPECT_TRUE(written);
    Result<> started = co_await stream.start_tls(std::move(context), soon());
    if (!started) co_return;
    *name = stream.tls_info().server_name;
    *binding = stream.tls_binding();
    line = co_await stream.read_line(100, soon());
    EXPECT_EQ(line, "hello");
    written = co_await stream.write(std::string(200'000, 'z') + "\r\n", soon());
    EXPECT_TRUE(written);
    co_await stream.close(soon());
}

Async<> tls_dialogue(Loop& loop, std::shared_ptr<const TlsContext> server, std::shared_ptr<const TlsContext> client) {
    Pair pair = socket_pair();
    Scope scope(loop);
    std::string name;
    std::optional<TlsBinding> theirs;
    std::optional<TlsBinding> ours;
    scope.spawn(tls_echo_server, &loop, std::move(pair.a), std::move(server), &name, &theirs);
    {
        Stream stream(loop, std::move(pair.b));
        Result<> written = co_await stream.write("STARTTLS\r\n", soon());
        EXPECT_TRUE(written);
        Result<std::string> line = co_await stream.read_line(100, soon());
        EXPECT_EQ(line, "220 Go");
        EXPECT_FALSE(stream.tls_binding());
        Result<> started = co_await stream.start_tls_client(std::move(client), "two.example", soon());
        EXPECT_TRUE(started) << (started ? "" : started.error().message());
        ours = stream.tls_binding();
        written = co_await stream.write("hello\r\n", soon());
        EXPECT_TRUE(written);
        Result<std::string> reply = co_await stream.read_exactly(200'002, soon());
        EXPECT_TRUE(reply && reply->size() == 200'002);
        reply = co_await stream.read_exactly(1, soon());
        EXPECT_EQ(reply.error().code, ErrorCode::closed);
    }
    co_await scope.join();
    EXPECT_EQ(name, "two.example");
    EXPECT_TRUE(ours && theirs && ours->type == "tls-exporter" && ours->data.size() == 32);
    EXPECT_TRUE(ours && theirs && ours->type == theirs->type && ours->data == theirs->data);
}

TEST(Stream, SpeaksTlsAfterAStart) {
    auto server = TlsContext::server({{make_certificate("one.example"), make_certificate("two.example")}, "TLSv1.2"});
    ASSERT_TRUE(server) << server.error().message();
    auto client = TlsContext::client(false);
    ASSERT_TRUE(client);
    Loop loop;
    loop.run_until_complete(tls_dialogue(loop, *server, *client));
}

Async<> start_tls_after_injection(Loop& loop, std::shared_ptr<const TlsContext> server) {
    Pair pair = socket_pair();
    Stream stream(loop, std::move(pair.a));
    const std::string_view injected = "STARTTLS\r\nMAIL FROM:<evil@example.org>\r\n";
    EXPECT_EQ(::write(pair.b.get(), injected.data(), injected.size()), static_cast<ssize_t>(injected.size()));
    Result<std::string> line = co_await stream.read_line(100, soon());
    EXPECT_EQ(line, "STARTTLS");
    EXPECT_TRUE(stream.has_buffered_input());
    Result<> started = co_await stream.start_tls(std::move(server), Deadline::in(milliseconds(20)));
    EXPECT_FALSE(started);
    EXPECT_FALSE(stream.has_buffered_input());
}

TEST(Stream, BytesSentBeforeTheHandshakeAreDiscarded) {
    auto server = TlsContext::server({{make_certificate("one.example")}, "TLSv1.2"});
    ASSERT_TRUE(server);
    Loop loop;
    loop.run_until_complete(start_tls_after_injection(loop, *server));
}

TEST(TlsContext, SaysWhatIsWrongWithACertificate) {
    TlsCertificate mixed = make_certificate("one.example");
    mixed.key_pem = make_certificate("two.example").key_pem;
    auto context = TlsContext::server({{mixed}, "TLSv1.2"});
    ASSERT_FALSE(context);
    EXPECT_NE(context.error().text.find("does not belong"), std::string::npos);
    mixed.certificate_pem = "nothing";
    context = TlsContext::server({{mixed}, "TLSv1.2"});
    ASSERT_FALSE(context);
    EXPECT_NE(context.error().text.find("no certificate"), std::string::npos);
}

Async<> accept_one(Listener* listener, bool* accepted) {
    Result<Accepted> connection = co_await listener->accept();
    *accepted = connection.has_value();
}

Async<> listen_and_connect(Loop& loop) {
    Result<Address> address = Address::parse("127.0.0.1:0");
    Result<UniqueFd> socket = listen_tcp(*address);
    EXPECT_TRUE(socket);
    Listener listener(loop, std::move(*socket));
    bool accepted = false;
    Scope scope(loop);
    scope.spawn(accept_one, &listener, &accepted);
    Result<Stream> stream = co_await connect(loop, listener.local(), soon());
    EXPECT_TRUE(stream);
    co_await scope.join();
    EXPECT_TRUE(accepted);
    scope.spawn(accept_one, &listener, &accepted);
    co_await loop.yield();
    listener.cancel();
    co_await scope.join();
    EXPECT_FALSE(accepted);
}

TEST(Listener, AcceptsAndCanBeCancelled) {
    Loop loop;
    loop.run_until_complete(listen_and_connect(loop));
}

Async<> unix_with_long_path(Loop& loop, std::string path) {
    Result<UniqueFd> socket = listen_unix(path);
    EXPECT_TRUE(socket) << (socket ? "" : socket.error().message());
    Result<UniqueFd> again = listen_unix(path);
    EXPECT_EQ(again.error().code, ErrorCode::exists);
    {
        Result<Stream> stream = co_await connect_unix(loop, path, soon());
        EXPECT_TRUE(stream);
    }
    socket->reset();
    again = listen_unix(path);
    EXPECT_TRUE(again);
    Result<Stream> nowhere = co_await connect_unix(loop, path + "x", soon());
    EXPECT_EQ(nowhere.error().code, ErrorCode::unavailable);
}

TEST(Listener, UnixPathsMayBeLongAndStaleSocketsAreReplaced) {
    std::string folder = testing::TempDir() + "posthouse-net-XXXXXX";
    ASSERT_NE(::mkdtemp(folder.data()), nullptr);
    std::string deep = folder + "/" + std::string(100, 'd');
    ASSERT_EQ(::mkdir(deep.c_str(), 0700), 0);
    Loop loop;
    loop.run_until_complete(unix_with_long_path(loop, deep + "/socket"));
    ::unlink((deep + "/socket").c_str());
    ::rmdir(deep.c_str());
    ::rmdir(folder.c_str());
}

}  // namespace
}  // namespace posthouse::net
