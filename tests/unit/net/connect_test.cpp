// Connecting: from where, and with whose certificate.
#include "lib/net/connect.h"

#include <gtest/gtest.h>

#include "lib/net/listener.h"
#include "lib/net/tls.h"
#include "tests/unit/net/test_certificate.h"

namespace posthouse::net {
namespace {

Deadline soon() { return Deadline::in(std::chrono::seconds(20)); }

Address ip(const char* text, std::uint16_t port = 0) { return Address::from_ip(text, port).value(); }

Async<std::string> peer_of_connection_from(Loop& loop, Address source) {
    Listener listener(loop, listen_tcp(ip("127.0.0.1")).value());
    Result<Stream> stream = co_await connect(loop, listener.local(), soon(), source);
    if (!stream) co_return stream.error().detail;
    Result<Accepted> accepted = co_await listener.accept();
    co_return accepted->peer.ip();
}

TEST(Connect, FromTheSourceThatIsAskedFor) {
    Loop loop;
    EXPECT_EQ(loop.run_until_complete(peer_of_connection_from(loop, {})), "127.0.0.1");
    EXPECT_EQ(loop.run_until_complete(peer_of_connection_from(loop, ip("127.0.0.7", 99))), "127.0.0.7");
    // Of the other family: it doesn't count.
    EXPECT_EQ(loop.run_until_complete(peer_of_connection_from(loop, ip("::1"))), "127.0.0.1");
    EXPECT_EQ(loop.run_until_complete(peer_of_connection_from(loop, ip("192.0.2.1"))),
              "connect from 192.0.2.1: Cannot assign requested address");
}

Async<> look_without_waiting(Loop& loop) {
    Listener listener(loop, listen_tcp(ip("127.0.0.1")).value());
    Result<Stream> stream = co_await connect(loop, listener.local(), soon());
    Result<Accepted> accepted = co_await listener.accept();
    Result<std::string_view> seen = stream->peek_now();
    EXPECT_TRUE(seen && seen->empty());
    {
        Stream other(loop, std::move(accepted->socket));
        Result<> written = co_await other.write("hello", soon());
        EXPECT_TRUE(written);
        written = co_await other.flush(soon());
        EXPECT_TRUE(written);
    }
    seen = co_await stream->peek(soon());
    EXPECT_EQ(seen, "hello");
    EXPECT_EQ(stream->peek_now(), "hello");
    stream->consume(5);
    seen = co_await stream->peek(soon());
    EXPECT_FALSE(seen);
    EXPECT_EQ(stream->peek_now().error().code, ErrorCode::closed);
}

TEST(Stream, ShowsWithoutWaitingWhatIsThere) {
    Loop loop;
    loop.run_until_complete(look_without_waiting(loop));
}

TEST(TlsContext, OfAClientSaysWhatIsWrongWithItsFiles) {
    const Identity identity = make_certificate({.common_names = {"x"}});
    TlsClientSettings settings;
    settings.certificate = {identity.certificate_pem(), identity.key_pem(), "own.pem"};
    EXPECT_TRUE(TlsContext::client(settings));
    settings.certificate.key_pem = make_certificate({.common_names = {"x"}}).key_pem();
    EXPECT_EQ(TlsContext::client(settings).error().code, ErrorCode::invalid);
    settings.certificate = {};
    settings.ca_pem = "nothing";
    settings.ca_origin = "ca.pem";
    EXPECT_EQ(TlsContext::client(settings).error().text, "ca.pem: no certificates in PEM form");
}

}  // namespace
}  // namespace posthouse::net
