// TlsLevel: what the administrator asks of TLS with a destination, in Postfix's words.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "queued/delivery/route.h"

namespace posthouse::queued {

enum class TlsLevel {
    none,       ///< never
    may,        ///< where it is offered, unverified; plain text when the handshake fails
    encrypt,    ///< always, unverified
    dane,       ///< as TLSA records (RFC 7672) or the domain's MTA-STS policy (RFC 8461) demand, else as `may`
    dane_only,  ///< never without TLSA records
    verify,     ///< always, with a certificate of a known authority for the server's name
};
/// "dane-only", … nullopt: none of them.
std::optional<TlsLevel> parse_tls_level(std::string_view word);
std::string_view to_string(TlsLevel level);
/// Which of them lets less go on: none, may, dane, encrypt, verify, dane-only.
TlsLevel stricter(TlsLevel one, TlsLevel other);

/// Levels by destination.
class TlsPolicies {
  public:
    explicit TlsPolicies(TlsLevel usual = TlsLevel::dane) : usual_(usual) {}

    /// "example.net=encrypt", ".example.net=may" for what lies below it, "[mail.example.net]:587=verify" for a next
    /// hop. Errors: invalid, exists.
    Result<> add(std::string_view entry);
    TlsLevel usual() const { return usual_; }
    /// The next hop as it is written, its host, then the nearest domain above. nullopt: the usual level.
    std::optional<TlsLevel> find(const Hop& hop) const;

  private:
    TlsLevel usual_;
    std::map<std::string, TlsLevel, std::less<>> levels_;
};

}  // namespace posthouse::queued
