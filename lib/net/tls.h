// TlsContext: certificates, keys and rules of TLS, made once and shared by sessions; a reload makes a new one.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lib/base/result.h"

struct ssl_ctx_st;

namespace posthouse::net {

/// A certificate chain and its key, as PEM text.
struct TlsCertificate {
    std::string certificate_pem;
    std::string key_pem;
    std::string origin;  ///< where it comes from, for error messages
};

struct TlsSettings {
    std::vector<TlsCertificate> certificates;  ///< the first is used when no name matches SNI
    std::string minimum_protocol = "TLSv1.2";  ///< TLSv1.2 or TLSv1.3
    /// Clients are asked for a certificate of these authorities (PEM text), and go on without one. Empty: not asked.
    std::string client_ca_pem{};
    std::string client_ca_origin{};                  ///< where it comes from, for error messages
    std::string cert_username_field = "commonName";  ///< what names a client in its certificate (certificate_name.h)
};

struct TlsClientSettings {
    bool verify = false;                       ///< the handshake fails with who can't be verified
    std::string ca_pem{};                      ///< authorities (PEM text); empty: the system's
    std::string ca_origin{};                   ///< where it comes from, for error messages
    TlsCertificate certificate{};              ///< shown to servers that ask; without text: none
    std::string minimum_protocol = "TLSv1.2";  ///< TLSv1.2 or TLSv1.3
};

/// Immutable. Sessions keep the one they began with alive.
class TlsContext {
  public:
    /// For servers: chooses by SNI among the names (subjectAltName, wildcards) of the certificates.
    /// Errors: invalid (which certificate, and why: unreadable, key does not match, expired is only a warning).
    static Result<std::shared_ptr<const TlsContext>> server(const TlsSettings& settings);
    /// For clients. Who doesn't verify learns all the same whether the system's store vouches for the server
    /// (Stream::tls_verify_result). Errors: invalid (the certificate, or the authorities).
    static Result<std::shared_ptr<const TlsContext>> client(const TlsClientSettings& settings);
    /// The same, with the system's store when `verify` is set.
    static Result<std::shared_ptr<const TlsContext>> client(bool verify);

    TlsContext(const TlsContext&) = delete;
    TlsContext& operator=(const TlsContext&) = delete;
    ~TlsContext();
    ssl_ctx_st* raw() const;
    const std::string& cert_username_field() const;

  private:
    struct Impl;
    explicit TlsContext(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace posthouse::net
