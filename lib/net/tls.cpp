// TlsContext: SSL_CTX objects, one per certificate, chosen by SNI.
#include "lib/net/tls.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <array>

namespace posthouse::net {
namespace {

struct Free {
    void operator()(SSL_CTX* p) const { SSL_CTX_free(p); }
    void operator()(BIO* p) const { BIO_free(p); }
    void operator()(X509* p) const { X509_free(p); }
    void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
};
template <typename T>
using Owned = std::unique_ptr<T, Free>;

std::string openssl_reason() {
    std::array<char, 256> buffer{};
    const unsigned long code = ERR_peek_last_error();
    ERR_error_string_n(code, buffer.data(), buffer.size());
    ERR_clear_error();
    return code == 0 ? "unknown reason" : buffer.data();
}

std::unexpected<Error> bad(const TlsCertificate& certificate, const std::string& what) {
    return fail(ErrorCode::invalid, certificate.origin + ": " + what, openssl_reason());
}

Owned<BIO> memory(const std::string& text) {
    return Owned<BIO>(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

/// Whether the certificate is good is asked of each connection (Stream::tls_client_name): a client with one of another
/// authority may still log in with a password.
int go_on(int, X509_STORE_CTX*) { return 1; }

/// Trusts each certificate of `pem`; false: there is none, or one that can't be used.
template <typename Also>
bool add_authorities(SSL_CTX* context, const std::string& pem, Also also) {
    const Owned<BIO> authorities = memory(pem);
    bool any = false;
    while (const Owned<X509> authority{PEM_read_bio_X509(authorities.get(), nullptr, nullptr, nullptr)}) {
        any = X509_STORE_add_cert(SSL_CTX_get_cert_store(context), authority.get()) == 1 && also(authority.get());
        if (!any) break;
    }
    ERR_clear_error();
    return any;
}

Result<> ask_clients(SSL_CTX* context, const TlsSettings& settings) {
    // A resumed session keeps the certificate: it must not be of another context.
    constexpr std::string_view id = "posthouse";
    SSL_CTX_set_session_id_context(context, reinterpret_cast<const unsigned char*>(id.data()), id.size());
    if (settings.client_ca_pem.empty()) return {};
    const bool any = add_authorities(context, settings.client_ca_pem,
                                     [&](X509* authority) { return SSL_CTX_add_client_CA(context, authority) == 1; });
    if (!any) return fail(ErrorCode::invalid, settings.client_ca_origin + ": no certificates in PEM form");
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, go_on);
    return {};
}

/// The certificate, its chain and its key are those of this context.
Result<> show(SSL_CTX* context, const TlsCertificate& certificate) {
    const Owned<BIO> chain = memory(certificate.certificate_pem);
    const Owned<X509> leaf(PEM_read_bio_X509_AUX(chain.get(), nullptr, nullptr, nullptr));
    if (!leaf) return bad(certificate, "no certificate in PEM form");
    if (SSL_CTX_use_certificate(context, leaf.get()) != 1) return bad(certificate, "unusable certificate");
    while (X509* next = PEM_read_bio_X509(chain.get(), nullptr, nullptr, nullptr)) {
        if (SSL_CTX_add0_chain_cert(context, next) != 1) {
            X509_free(next);
            return bad(certificate, "unusable certificate in the chain");
        }
    }
    ERR_clear_error();
    const Owned<EVP_PKEY> key(PEM_read_bio_PrivateKey(memory(certificate.key_pem).get(), nullptr, nullptr, nullptr));
    if (!key) return bad(certificate, "no private key in PEM form without a passphrase");
    if (SSL_CTX_use_PrivateKey(context, key.get()) != 1 || SSL_CTX_check_private_key(context) != 1)
        return bad(certificate, "the private key does not belong to the certificate");
    return {};
}

Result<Owned<SSL_CTX>> make_server(const TlsCertificate& certificate, const TlsSettings& settings) {
    Owned<SSL_CTX> context(SSL_CTX_new(TLS_server_method()));
    if (!context) return fail(ErrorCode::internal, "TLS is not available", openssl_reason());
    SSL_CTX_set_min_proto_version(context.get(),
                                  settings.minimum_protocol == "TLSv1.3" ? TLS1_3_VERSION : TLS1_2_VERSION);
    SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                           SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_mode(context.get(),
                     SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_cipher_list(context.get(), "ECDHE+AESGCM:ECDHE+CHACHA20");

    if (const Result<> shown = show(context.get(), certificate); !shown) return fail(shown.error());
    if (const Result<> asked = ask_clients(context.get(), settings); !asked) return fail(asked.error());
    return context;
}

}  // namespace

struct TlsContext::Impl {
    std::vector<Owned<SSL_CTX>> contexts;
    std::string cert_username_field;

    static int choose(SSL* ssl, int*, void* arg) {
        const auto& self = *static_cast<Impl*>(arg);
        const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
        if (name == nullptr) return SSL_TLSEXT_ERR_OK;
        for (const Owned<SSL_CTX>& context : self.contexts) {
            if (X509_check_host(SSL_CTX_get0_certificate(context.get()), name, 0, 0, nullptr) == 1) {
                SSL_set_SSL_CTX(ssl, context.get());
                break;
            }
        }
        return SSL_TLSEXT_ERR_OK;
    }
};

TlsContext::TlsContext(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TlsContext::~TlsContext() = default;

ssl_ctx_st* TlsContext::raw() const { return impl_->contexts.front().get(); }

const std::string& TlsContext::cert_username_field() const { return impl_->cert_username_field; }

Result<std::shared_ptr<const TlsContext>> TlsContext::server(const TlsSettings& settings) {
    if (settings.certificates.empty()) return fail(ErrorCode::invalid, "No certificate");
    auto impl = std::make_unique<Impl>();
    for (const TlsCertificate& certificate : settings.certificates) {
        Result<Owned<SSL_CTX>> context = make_server(certificate, settings);
        if (!context) return fail(context.error());
        impl->contexts.push_back(std::move(*context));
    }
    SSL_CTX* first = impl->contexts.front().get();
    SSL_CTX_set_tlsext_servername_callback(first, &Impl::choose);
    SSL_CTX_set_tlsext_servername_arg(first, impl.get());
    impl->cert_username_field = settings.cert_username_field;
    return std::shared_ptr<const TlsContext>(new TlsContext(std::move(impl)));
}

Result<std::shared_ptr<const TlsContext>> TlsContext::client(const TlsClientSettings& settings) {
    auto impl = std::make_unique<Impl>();
    Owned<SSL_CTX> context(SSL_CTX_new(TLS_client_method()));
    if (!context) return fail(ErrorCode::internal, "TLS is not available", openssl_reason());
    SSL_CTX_set_min_proto_version(context.get(),
                                  settings.minimum_protocol == "TLSv1.3" ? TLS1_3_VERSION : TLS1_2_VERSION);
    SSL_CTX_set_options(context.get(), SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_mode(context.get(),
                     SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
    if (settings.ca_pem.empty()) {
        SSL_CTX_set_default_verify_paths(context.get());
    } else if (!add_authorities(context.get(), settings.ca_pem, [](X509*) { return true; })) {
        return fail(ErrorCode::invalid, settings.ca_origin + ": no certificates in PEM form");
    }
    if (!settings.certificate.certificate_pem.empty()) {
        if (const Result<> shown = show(context.get(), settings.certificate); !shown) return fail(shown.error());
    }
    if (settings.verify) SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
    impl->contexts.push_back(std::move(context));
    return std::shared_ptr<const TlsContext>(new TlsContext(std::move(impl)));
}

Result<std::shared_ptr<const TlsContext>> TlsContext::client(bool verify) {
    TlsClientSettings settings;
    settings.verify = verify;
    return client(settings);
}

}  // namespace posthouse::net
