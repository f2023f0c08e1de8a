// Tests of clients that show a certificate, and of whom it names.
#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/socket.h>

#include <memory>
#include <string>
#include <vector>

#include "lib/net/certificate_name.h"
#include "lib/net/scope.h"
#include "lib/net/stream.h"
#include "lib/net/tls.h"
#include "tests/unit/net/test_certificate.h"

namespace posthouse::net {
namespace {

Deadline soon() { return Deadline::in(std::chrono::seconds(20)); }

Async<> serve(Loop* loop, UniqueFd socket, std::shared_ptr<const TlsContext> context, std::string* name) {
    Stream stream(*loop, std::move(socket));
    EXPECT_EQ(stream.tls_client_name(), "");
    Result<> started = co_await stream.start_tls(std::move(context), soon());
    EXPECT_TRUE(started);
    Result<std::string> line = co_await stream.read_line(100, soon());
    EXPECT_EQ(line, "hello");
    *name = stream.tls_client_name();
    co_await stream.close(soon());
}

Async<> meet(Loop& loop, std::shared_ptr<const TlsContext> server, std::shared_ptr<const TlsContext> client,
             std::string* name) {
    int fds[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0) std::abort();
    Scope scope(loop);
    scope.spawn(serve, &loop, UniqueFd(fds[0]), std::move(server), name);
    {
        Stream stream(loop, UniqueFd(fds[1]));
        Result<> started = co_await stream.start_tls_client(std::move(client), "two.example", soon());
        EXPECT_TRUE(started);
        (void)co_await stream.write("hello\r\n", soon());
        (void)co_await stream.read_exactly(1, soon());
    }
    co_await scope.join();
}

/// Whom a server that trusts `authority` knows after a handshake in which the client shows `shown`. The server has two
/// certificates, the second of which is asked for.
std::string name_of(const Identity& authority, const Identity* shown, int version = TLS1_3_VERSION,
                    const std::string& field = "commonName") {
    const Identity one = make_certificate({.common_names = {"one.example"}, .alternative_names = "DNS:one.example"});
    const Identity two = make_certificate({.common_names = {"two.example"}, .alternative_names = "DNS:two.example"});
    TlsSettings settings;
    for (const Identity* own : {&one, &two})
        settings.certificates.push_back({own->certificate_pem(), own->key_pem(), "x"});
    settings.client_ca_pem = authority.certificate_pem();
    settings.cert_username_field = field;
    const auto server = TlsContext::server(settings);
    const auto client = TlsContext::client(false);
    SSL_CTX_set_max_proto_version((*client)->raw(), version);
    if (shown != nullptr) {
        SSL_CTX_use_certificate((*client)->raw(), shown->certificate.get());
        SSL_CTX_use_PrivateKey((*client)->raw(), shown->key.get());
    }
    std::string name = "nobody asked";
    Loop loop;
    loop.run_until_complete(meet(loop, *server, *client, &name));
    return name;
}

TEST(ClientCertificate, NamesItsUserWhenItsAuthorityIsTrusted) {
    const Identity authority = make_authority();
    const Identity joe = make_certificate({{"joe@example.org"}, "email:other@example.org"}, &authority);
    EXPECT_EQ(name_of(authority, &joe, TLS1_3_VERSION), "joe@example.org");
    EXPECT_EQ(name_of(authority, &joe, TLS1_2_VERSION), "joe@example.org");
    EXPECT_EQ(name_of(authority, &joe, TLS1_3_VERSION, "rfc822Name"), "other@example.org");
    EXPECT_EQ(name_of(authority, &joe, TLS1_3_VERSION, "userId"), "");
}

TEST(ClientCertificate, WhoHasNoneOrABadOneGoesOnWithoutAName) {
    const Identity authority = make_authority();
    const Identity other = make_authority();
    const Identity of_other = make_certificate({{"joe@example.org"}}, &other);
    const Identity self_signed = make_certificate({{"joe@example.org"}});
    const Identity expired = make_certificate({.common_names = {"joe@example.org"}, .valid_for = -60}, &authority);
    const Identity joe = make_certificate({{"joe@example.org"}}, &authority);
    const Identity by_no_authority = make_certificate({{"ann@example.org"}}, &joe);
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        EXPECT_EQ(name_of(authority, nullptr, version), "");
        for (const Identity* bad : {&of_other, &self_signed, &expired, &by_no_authority})
            EXPECT_EQ(name_of(authority, bad, version), "");
    }
}

TEST(ClientCertificate, ANameMustBeTheOnlyOneAndClean) {
    const auto name = [](const Wish& wish, std::string_view field) {
        return certificate_name(make_certificate(wish).certificate.get(), field);
    };
    EXPECT_EQ(name({{"joe@example.org"}}, "commonName"), "joe@example.org");
    EXPECT_EQ(name({{"J\xC3\xBCrgen"}}, "commonName"), "J\xC3\xBCrgen");
    EXPECT_EQ(name({{"joe@example.org", "ann@example.org"}}, "commonName"), "");
    EXPECT_EQ(name({{std::string("joe@example.org\0.evil", 21)}}, "commonName"), "");
    EXPECT_EQ(name({{"joe@example.org\n"}}, "commonName"), "");
    EXPECT_EQ(name({{"x"}, "email:joe@example.org,DNS:example.org"}, "rfc822Name"), "joe@example.org");
    EXPECT_EQ(name({{"x"}, "email:joe@example.org,email:ann@example.org"}, "rfc822Name"), "");
    EXPECT_EQ(name({{"x"}}, "rfc822Name"), "");
    EXPECT_EQ(name({{"x"}}, "no such field"), "");
}

TEST(ClientCertificate, AuthoritiesMustBeCertificates) {
    const Identity own = make_certificate({{"one.example"}});
    TlsSettings settings{{{own.certificate_pem(), own.key_pem(), "own"}}};
    settings.client_ca_pem = "nothing";
    settings.client_ca_origin = "ca.pem";
    const auto context = TlsContext::server(settings);
    ASSERT_FALSE(context);
    EXPECT_EQ(context.error().text, "ca.pem: no certificates in PEM form");
}

}  // namespace
}  // namespace posthouse::net
