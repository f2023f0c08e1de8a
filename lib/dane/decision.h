// What the TLSA records of a mail host ask of whoever sends to it (RFC 7672).
#pragma once

#include <string>
#include <vector>

#include "lib/dns/records.h"

namespace posthouse::dane {

/// The demand on TLS with one host.
enum class Level {
    none,     ///< DANE says nothing: other policies hold, or TLS as far as it goes
    encrypt,  ///< TLS must be used, and nobody can be authenticated by it (RFC 7672 §2.2)
    verify,   ///< TLS must be used, and the server's certificate must match a record
    defer,    ///< it can't be known now: nothing may be sent to this host (RFC 7672 §2.1.1)
};
std::string_view to_string(Level level);

struct Decision {
    Level level = Level::none;
    std::vector<dns::Tlsa> records{};  ///< the usable ones; some when `level` is verify
    std::string base_domain{};         ///< TLSA base domain (RFC 7672 §2.2.2): the first name a certificate may have
    std::string reason{};              ///< for the log
};

/// More records than this in one RRset are not looked at: the host is deferred.
inline constexpr std::size_t max_tlsa_records = 64;

/// A record that can be used for SMTP: DANE-TA(2) or DANE-EE(3) (RFC 7672 §3.1.3: PKIX-TA(0) and PKIX-EE(1) are not),
/// a known selector and matching type, and data that fits them. OpenSSL judges the data.
bool usable(const dns::Tlsa& record);

/// What the answer to a query for TLSA means. Denial and what is not secure: none. A failure, such as a bogus answer:
/// defer. Secure records: verify if one is usable, else encrypt.
Decision decide(const dns::Answer<dns::Tlsa>& answer, std::string base_domain);

}  // namespace posthouse::dane
