// Tests of DANE in real TLS handshakes between OpenSSL's client and server.
#include "lib/dane/verify.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <memory>

#include "lib/base/fd.h"
#include "lib/net/tls.h"
#include "tests/unit/net/test_certificate.h"

namespace posthouse::dane {
namespace {

using dns::Tlsa;
using net::Identity;
using net::make_certificate;

struct FreeSsl {
    void operator()(SSL* p) const { SSL_free(p); }
};

enum class Of { certificate = 0, key = 1 };
enum class As { is = 0, sha256 = 1, sha512 = 2 };

/// The record that names a certificate or its key.
Tlsa record(std::uint8_t usage, const Identity& identity, Of selector, As matching) {
    unsigned char* bytes = nullptr;
    const int size =
        selector == Of::key ? i2d_PUBKEY(identity.key.get(), &bytes) : i2d_X509(identity.certificate.get(), &bytes);
    std::string data(reinterpret_cast<char*>(bytes), static_cast<std::size_t>(size));
    OPENSSL_free(bytes);
    if (matching != As::is) {
        const EVP_MD* digest = matching == As::sha256 ? EVP_sha256() : EVP_sha512();
        unsigned char hashed[EVP_MAX_MD_SIZE];
        unsigned length = 0;
        EVP_Digest(data.data(), data.size(), hashed, &length, digest, nullptr);
        data.assign(reinterpret_cast<char*>(hashed), length);
    }
    return {usage, static_cast<std::uint8_t>(selector), static_cast<std::uint8_t>(matching), std::move(data)};
}

struct Shaken {
    bool done = false;
    long result = 0;
    std::optional<Tlsa> by;
    std::string sni;
};

/// A handshake over a socket pair with a server that shows `chain`, its own certificate first.
Shaken shake(const std::vector<const Identity*>& chain, const std::vector<Tlsa>& records,
             const std::vector<std::string>& other_names = {}) {
    net::TlsCertificate shown{"", chain.front()->key_pem(), "test"};
    for (const Identity* identity : chain) shown.certificate_pem += identity->certificate_pem();
    net::TlsSettings settings;
    settings.certificates.push_back(shown);
    const auto server_context = net::TlsContext::server(settings).value();
    const auto client_context = net::TlsContext::client(false).value();
    EXPECT_TRUE(enable(client_context->raw()));

    int fds[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) != 0) std::abort();
    const UniqueFd server_end(fds[0]);
    const UniqueFd client_end(fds[1]);
    const std::unique_ptr<SSL, FreeSsl> server(SSL_new(server_context->raw()));
    const std::unique_ptr<SSL, FreeSsl> client(SSL_new(client_context->raw()));
    SSL_set_fd(server.get(), server_end.get());
    SSL_set_accept_state(server.get());
    SSL_set_fd(client.get(), client_end.get());
    SSL_set_connect_state(client.get());
    Decision decision;
    decision.level = Level::verify;
    decision.records = records;
    decision.base_domain = "mx.example.org";
    const Result<> required = require(client.get(), decision, other_names);
    EXPECT_TRUE(required) << required.error().message();

    Shaken shaken;
    bool failed = false;
    const auto step = [&](SSL* ssl) {
        const int result = SSL_do_handshake(ssl);
        if (result == 1) return true;
        const int error = SSL_get_error(ssl, result);
        failed |= error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE;
        return false;
    };
    constexpr int most_turns = 20;
    for (int turn = 0; turn < most_turns && !shaken.done && !failed; ++turn) {
        const bool client_done = step(client.get());
        if (failed) break;
        const bool server_done = step(server.get());
        shaken.done = client_done && server_done;
    }
    shaken.result = SSL_get_verify_result(client.get());
    if (shaken.done) shaken.by = verified_by(client.get());
    const char* sni = SSL_get_servername(server.get(), TLSEXT_NAMETYPE_host_name);
    shaken.sni = sni != nullptr ? sni : "";
    return shaken;
}

TEST(DaneEndEntity, ACertificateOrKeyThatMatchesIsEnough) {
    const Identity server = make_certificate({.common_names = {"mx.example.org"}});
    for (const Of selector : {Of::certificate, Of::key}) {
        for (const As matching : {As::is, As::sha256, As::sha512}) {
            const Tlsa wanted = record(3, server, selector, matching);
            const Shaken shaken = shake({&server}, {wanted});
            EXPECT_TRUE(shaken.done);
            EXPECT_EQ(shaken.by, wanted);
            EXPECT_EQ(shaken.sni, "mx.example.org");
        }
    }
}

TEST(DaneEndEntity, NeitherNamesNorDatesCount) {
    const Identity server = make_certificate({.common_names = {"other.example"}, .valid_for = -60});
    EXPECT_TRUE(shake({&server}, {record(3, server, Of::key, As::sha256)}).done);
}

TEST(DaneEndEntity, AnotherKeyFailsTheHandshake) {
    const Identity server = make_certificate({.common_names = {"mx.example.org"}});
    const Identity other = make_certificate({.common_names = {"mx.example.org"}});
    const Shaken shaken = shake({&server}, {record(3, other, Of::key, As::sha256)});
    EXPECT_FALSE(shaken.done);
    EXPECT_EQ(shaken.result, X509_V_ERR_DANE_NO_MATCH);
}

TEST(DaneEndEntity, OneOfSeveralRecordsIsEnough) {
    const Identity server = make_certificate({.common_names = {"mx.example.org"}});
    const Identity next = make_certificate({.common_names = {"mx.example.org"}});
    EXPECT_TRUE(shake({&server}, {record(3, next, Of::key, As::sha256), record(3, server, Of::key, As::sha256)}).done);
}

TEST(DaneEndEntity, OfSeveralMatchingTypesTheStrongestCounts) {
    const Identity server = make_certificate({.common_names = {"mx.example.org"}});
    const Identity other = make_certificate({.common_names = {"mx.example.org"}});
    EXPECT_FALSE(
        shake({&server}, {record(3, server, Of::key, As::sha256), record(3, other, Of::key, As::sha512)}).done);
}

TEST(DaneEndEntity, ARecordOfItsAuthorityOnlyIsNotEnough) {
    const Identity authority = net::make_authority();
    const Identity server = make_certificate({.common_names = {"mx.example.org"}}, &authority);
    EXPECT_FALSE(shake({&server, &authority}, {record(3, authority, Of::key, As::sha256)}).done);
}

struct Signed {
    Identity authority = net::make_authority();
    Identity server;
    explicit Signed(const std::string& name, long valid_for = 3600)
        : server(make_certificate({.common_names = {"x"}, .alternative_names = "DNS:" + name, .valid_for = valid_for},
                                  &authority)) {}
    Shaken shake_by(Of selector, As matching, const std::vector<std::string>& other_names = {}) const {
        return shake({&server, &authority}, {record(2, authority, selector, matching)}, other_names);
    }
};

TEST(DaneTrustAnchor, VouchesForCertificatesOfTheHost) {
    const Signed good("mx.example.org");
    EXPECT_TRUE(good.shake_by(Of::certificate, As::sha256).done);
    EXPECT_TRUE(good.shake_by(Of::key, As::sha512).done);
    // An authority that stands in the record need not be shown.
    EXPECT_TRUE(shake({&good.server}, {record(2, good.authority, Of::certificate, As::is)}).done);
}

TEST(DaneTrustAnchor, OfAnotherAuthorityFails) {
    const Signed good("mx.example.org");
    const Identity other = net::make_authority();
    EXPECT_EQ(shake({&good.server, &good.authority}, {record(2, other, Of::certificate, As::sha256)}).result,
              X509_V_ERR_DANE_NO_MATCH);
}

TEST(DaneTrustAnchor, TheNameMustBeTheHostsOrTheDomains) {
    const Signed other("example.org");
    const Shaken shaken = other.shake_by(Of::certificate, As::sha256);
    EXPECT_FALSE(shaken.done);
    EXPECT_EQ(shaken.result, X509_V_ERR_HOSTNAME_MISMATCH);
    EXPECT_TRUE(other.shake_by(Of::certificate, As::sha256, {"example.org"}).done);
    EXPECT_FALSE(other.shake_by(Of::certificate, As::sha256, {"example.net"}).done);
}

TEST(DaneTrustAnchor, AnAsteriskStandsForTheWholeFirstLabelOnly) {
    EXPECT_TRUE(Signed("*.example.org").shake_by(Of::certificate, As::sha256).done);
    EXPECT_FALSE(Signed("m*.example.org").shake_by(Of::certificate, As::sha256).done);
    EXPECT_FALSE(Signed("*.org").shake_by(Of::certificate, As::sha256).done);
}

TEST(DaneTrustAnchor, DatesCount) {
    const Shaken shaken = Signed("mx.example.org", -60).shake_by(Of::certificate, As::sha256);
    EXPECT_FALSE(shaken.done);
    EXPECT_EQ(shaken.result, X509_V_ERR_CERT_HAS_EXPIRED);
}

TEST(DaneRequire, NeedsRecordsAndAContextThatWasEnabled) {
    const auto context = net::TlsContext::client(false).value();
    const std::unique_ptr<SSL, FreeSsl> ssl(SSL_new(context->raw()));
    Decision decision;
    decision.level = Level::verify;
    EXPECT_FALSE(require(ssl.get(), decision, {}));
    decision.records = {{3, 1, 1, std::string(32, 'x')}};
    EXPECT_FALSE(require(ssl.get(), decision, {}));
    EXPECT_EQ(verified_by(ssl.get()), std::nullopt);
}

}  // namespace
}  // namespace posthouse::dane
